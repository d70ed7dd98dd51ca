/** What the real wranglers make of the API's answers, with played hooks: their words, their flows, their refusals. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { accountId, startWorld, type World } from "../workers-api/world.ts";
import { type Project, project, withWrangler, wranglers, writeFiles } from "./harness/project.ts";

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

let world: World;
let folder: string;
beforeAll(async () => {
  world = await startWorld();
  folder = mkdtempSync(join(tmpdir(), "octoplane-wrangler-"));
});
afterAll(async () => {
  await world.close();
  rmSync(folder, { recursive: true, force: true });
});

const index = 'export default { fetch(request, env) { return new Response("hello " + env.STAGE); } };';

function config(name: string, more: object = {}): Record<string, string> {
  const settings = { name, main: "index.js", compatibility_date: "2026-01-01", vars: { STAGE: "test" }, ...more };
  return { "wrangler.json": JSON.stringify(settings) };
}

function newProject(name: string, more: object = {}, code = index): Project {
  const env = [
    `CLOUDFLARE_API_BASE_URL=${world.url}/client/v4`,
    `CLOUDFLARE_API_TOKEN=${world.token}`,
    `CLOUDFLARE_ACCOUNT_ID=${accountId}`,
  ];
  const files = { ...config(name, more), "index.js": code };
  return project(folder, env.join("\n"), (path) => writeFiles(path, files));
}

async function deployments(name: string) {
  const key = { namespace: "default", name: `${accountId}.${name}` };
  return (await world.client.get(WorkerDeployment, key))?.spec.deployments ?? [];
}

describe.each(wranglers)("$name", (wrangler) => {
  const suffix = wrangler.name.includes("4.86") ? "old" : "new";

  test("a project's whole life", async () => {
    const name = `life-${suffix}`;
    const life = withWrangler(newProject(name, { observability: { enabled: true } }), wrangler);
    const run = async (args: string[], input?: string) => {
      const outcome = await life.wrangler(args, input);
      expect(outcome, `wrangler ${args.join(" ")}\n${outcome.text}`).toMatchObject({ code: 0 });
      return outcome.text;
    };

    expect(await run(["whoami"])).toMatch(/Acme[\s\S]*0123456789abcdef0123456789abcdef/);
    expect(await run(["deploy", "--message", "one"])).toContain(suffix === "new" ? `${name}.acme.example.test` : name);
    const [first] = await deployments(name);

    life.write({ "index.js": index.replace("hello", "bye") });
    expect(await run(["deploy", "--message", "two"])).toContain("Current Version ID");
    expect(await deployments(name)).toMatchObject([{ message: "two", triggeredBy: "upload" }, { message: "one" }]);

    expect(await run(["deployments", "list"])).toMatch(/Source:\s+Upload|Wrangler/);
    expect(await run(["deployments", "status"])).toContain("two");
    const versions = await run(["versions", "list"]);
    expect(versions).not.toContain("Unknown");
    expect(new Set(versions.match(uuid)).size).toBe(2);
    expect(await run(["versions", "view", first?.versions[0]?.name ?? ""])).toContain("STAGE");

    await run(["rollback", "--yes", "--message", "back"]);
    expect(await deployments(name)).toMatchObject([
      { message: "back", triggeredBy: "rollback", versions: first?.versions },
      {},
      {},
    ]);

    const uploaded = (await run(["versions", "upload", "--message", "three", "--tag", "v3"])).match(uuid)?.[0] ?? "";
    expect(await deployments(name)).toHaveLength(3);
    await run(["versions", "deploy", `${uploaded}@100`, "--yes"]);
    expect(await deployments(name)).toMatchObject([{ versions: [{ name: uploaded }] }, {}, {}, {}]);

    await run(["secret", "put", "KEY"], "a secret");
    expect(await run(["secret", "list"])).toContain("KEY");
    life.write({ "bulk.json": JSON.stringify({ KEY: "other", MORE: "x" }) });
    await run(["secret", "bulk", "bulk.json"]);
    await run(["deploy"]);
    expect(JSON.parse(await run(["secret", "list"]))).toMatchObject([{ name: "KEY" }, { name: "MORE" }]);
    await run(["secret", "delete", "KEY"], "y\n");
    expect(JSON.parse(await run(["secret", "list"]))).toMatchObject([{ name: "MORE" }]);

    await run(["versions", "secret", "put", "LATER"], "x");
    await run(["versions", "secret", "delete", "MORE"], "y\n");
    expect(JSON.parse(await run(["secret", "list"]))).toMatchObject([{ name: "LATER" }]);

    await run(["delete"], "y\n");
    expect(
      await world.client.get(WorkerDeployment, { namespace: "default", name: `${accountId}.${name}` }),
    ).toBeUndefined();
  });

  test("a secret can come before the first deploy", async () => {
    const name = `draft-${suffix}`;
    const draft = withWrangler(newProject(name), wrangler);
    expect(await draft.wrangler(["secret", "put", "KEY"], "early")).toMatchObject({ code: 0 });
    expect(await draft.wrangler(["deploy"])).toMatchObject({ code: 0 });
    expect(JSON.parse((await draft.wrangler(["secret", "list"])).text)).toMatchObject([{ name: "KEY" }]);
  });

  test("an upload that cannot start is refused with workerd's words", async () => {
    const name = `broken-${suffix}`;
    const outcome = await withWrangler(newProject(name, {}, 'throw new Error("boom");'), wrangler).wrangler(["deploy"]);
    expect(outcome.code).not.toBe(0);
    expect(outcome.text).toMatch(/Uncaught Error: boom[\s\S]*10021/);
    expect(await deployments(name)).toEqual([]);
  });

  test("what is not supported is refused by name before anything is stored", async () => {
    const name = `refused-${suffix}`;
    const more = { kv_namespaces: [{ binding: "CACHE", id: "00000000000000000000000000000000" }] };
    const outcome = await withWrangler(newProject(name, more), wrangler).wrangler(["deploy"]);
    expect(outcome.code).not.toBe(0);
    expect(outcome.text).toContain("KV namespaces are not supported by this platform");
    expect(await deployments(name)).toEqual([]);
  });

  test("a wrong token is told so, and wrangler ends", async () => {
    const wrong = withWrangler(newProject("denied"), wrangler);
    wrong.write({ ".env": wrong.read(".env").replace(world.token, "wrong-token-of-nobody-at-all") });
    const outcome = await wrong.wrangler(["deploy"]);
    expect(outcome.code).not.toBe(0);
    expect(outcome.text).toContain("10000");
  });
});
