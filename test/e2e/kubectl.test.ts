/** examples/kubectl, with the real kubectl. */

import { execFile } from "node:child_process";
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "./harness/command.ts";
import { ask } from "./harness/http.ts";
import { type TestPlatform, testPlatform } from "./harness/platform.ts";

const run = promisify(execFile);
const folder = join(root, "examples", "kubectl");
const account = "7e57ab1e00000000000000000000c0de";
const host = "greeter.team-k.localhost";
const hasKubectl = await run("kubectl", ["version", "--client"]).then(
  () => true,
  () => false,
);

let world: TestPlatform;
beforeAll(async () => {
  world = await testPlatform();
});
afterAll(() => world.close());

async function kubectl(...args: string[]): Promise<string> {
  const { stdout } = await run("kubectl", ["--kubeconfig", world.platform.folder.kubeconfig, ...args], {
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
  const blobs = join(world.platform.folder.blobs, "accounts", account, "greeter");
  mkdirSync(blobs, { recursive: true });
  cpSync(join(folder, "greeter"), join(blobs, "v1"), { recursive: true });
  await kubectl("apply", "-f", join(folder, "greeter.yaml"));
  await kubectl(...serving);
  const greeting = async () => (await ask(world.platform.routerPort, host)).text;
  expect(await greeting()).toBe("Good morning, Ada and Grace!\n");

  const evening = JSON.stringify({ data: { GREETING: Buffer.from("Good evening").toString("base64") } });
  await kubectl("patch", "secret", "greeter-secrets", "--type", "merge", "-p", evening);
  await expect.poll(greeting, { timeout: 20_000 }).toBe("Good evening, Ada and Grace!\n");

  expect(await kubectl("get", "octoplane")).toContain(`workeraccount.api.cf-worker/${account}`);
  expect(await kubectl("explain", "workerdeployment.spec.template.scriptsUrls")).toContain("main module");
  await kubectl("delete", "-f", join(folder, "greeter.yaml"));
  await expect.poll(async () => (await ask(world.platform.routerPort, host)).status, { timeout: 20_000 }).toBe(404);
});
