/** examples/kubectl, with the real kubectl. */

import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../harness/command.ts";
import { ask } from "../harness/http.ts";
import { startWorld, type World } from "../harness/world.ts";

const run = promisify(execFile);
const folder = join(root, "examples", "kubectl");
const account = "7e57ab1e00000000000000000000c0de";
const hasKubectl = await run("kubectl", ["version", "--client"]).then(
  () => true,
  () => false,
);

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

async function kubectl(...args: string[]): Promise<string> {
  const { stdout } = await run("kubectl", ["--kubeconfig", world.kubeconfig, "--namespace", world.namespace, ...args], {
    timeout: 60_000,
  });
  return stdout;
}

const serving = [
  "wait",
  "--for=jsonpath={.status.scripts[0].reason}=Serving",
  `workeraccount/${account}`,
  "--timeout=30s",
];

test.skipIf(!hasKubectl)("a tenant and a script with nothing but kubectl", async () => {
  await kubectl("apply", "-f", join(folder, "account.yaml"));
  for (const file of readdirSync(join(folder, "greeter"))) {
    await world.blobs.put(`accounts/${account}/greeter/v1/${file}`, readFileSync(join(folder, "greeter", file)));
  }
  await kubectl("apply", "-f", join(folder, "greeter.yaml"));
  await kubectl(...serving);
  const host = `greeter.team-k.${world.domain}`;
  const greeting = async () => (await ask(world.router, host)).text;
  expect(await greeting()).toBe("Good morning, Ada and Grace!\n");

  const evening = JSON.stringify({ data: { GREETING: Buffer.from("Good evening").toString("base64") } });
  await kubectl("patch", "secret", "greeter-secrets", "--type", "merge", "-p", evening);
  await expect.poll(greeting, { timeout: 20_000 }).toBe("Good evening, Ada and Grace!\n");

  expect(await kubectl("get", "octoplane")).toContain(`workeraccount.api.cf-worker/${account}`);
  expect(await kubectl("explain", "workerdeployment.spec.template.scriptsUrls")).toContain("main module");
  await kubectl("delete", "-f", join(folder, "greeter.yaml"));
  await expect.poll(async () => (await ask(world.router, host)).status, { timeout: 20_000 }).toBe(404);
});
