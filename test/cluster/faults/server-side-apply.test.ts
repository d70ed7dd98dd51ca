/** Metacontroller has two ways of writing children. The platform is installed with the first; this is the second. */

import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { Deployment } from "../../../api/builtin.ts";
import { startWorld, type World } from "../../e2e/harness/world.ts";
import { waitFor } from "../harness/wait.ts";

const isReal = inject("cluster")?.driver === "metacontroller";
const key = { namespace: "metacontroller", name: "metacontroller" };
const flag = "--apply-strategy=server-side-apply";

let world: World;

async function setArguments(change: (args: string[]) => string[]): Promise<void> {
  const deployment = await world.client.get(Deployment, key);
  const containers = deployment?.spec?.template.spec?.containers.map((container) => ({
    ...container,
    args: change(container.args ?? []),
  }));
  await world.client.mergePatch(Deployment, key, { spec: { template: { spec: { containers } } } } as never);
  await waitFor(
    async () => {
      const { metadata, status } = (await world.client.get(Deployment, key)) ?? {};
      return (
        status?.observedGeneration === metadata?.generation &&
        status?.updatedReplicas === 1 &&
        status.readyReplicas === 1
      );
    },
    { what: "Metacontroller", timeoutMs: 60_000 },
  );
}

beforeAll(async () => {
  world = await startWorld();
  if (isReal) await setArguments((args) => [...args, flag]);
});
afterAll(async () => {
  if (isReal) await setArguments((args) => args.filter((arg) => arg !== flag));
  await world.close();
});

function files(text: string): Record<string, string> {
  return {
    "wrangler.jsonc": JSON.stringify({ name: "applied", main: "index.js", compatibility_date: "2026-01-01" }),
    "index.js": `export default { fetch(request, env) { return new Response(\`${text} \${env.KEY ?? "-"}\`); } };`,
  };
}

test.skipIf(!isReal)(
  "server-side apply: deploys, secrets, a rollback and an end",
  async () => {
    const project = world.project(files("one"));
    const run = async (args: readonly string[], input?: string) => {
      const outcome = await project.wrangler(args, input);
      expect(outcome, outcome.text).toMatchObject({ code: 0 });
    };
    const answer = async () => (await world.ask("applied")).text;

    await run(["deploy"]);
    expect(await answer()).toBe("one -");
    project.write(files("two"));
    await run(["deploy"]);
    expect(await answer()).toBe("two -");
    await run(["secret", "put", "KEY"], "secret");
    expect(await answer()).toBe("two secret");
    await run(["rollback", "--yes", "--message", "back"]);
    expect(await answer()).toBe("two -");

    const [deployment] = await world.list(Deployment);
    expect(deployment?.metadata.name).toContain(world.account.id);
    expect(deployment?.metadata.annotations ?? {}).not.toHaveProperty(
      "metacontroller.k8s.io/last-applied-configuration",
    );
    await run(["delete", "--force"]);
    await expect.poll(async () => (await world.ask("applied")).status, { timeout: 30_000 }).toBe(404);
  },
  300_000,
);
