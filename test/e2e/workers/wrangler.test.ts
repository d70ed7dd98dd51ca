/** Every command that the API promises, run by the real wranglers, seen by what the worker answers. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Project, withWrangler, wranglers } from "../harness/project.ts";
import { startWorld, type World } from "../harness/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

function script(name: string, text: string): Record<string, string> {
  return {
    "wrangler.jsonc": JSON.stringify({
      name,
      main: "index.js",
      compatibility_date: "2026-01-01",
      vars: { STAGE: "test" },
    }),
    "index.js": `export default { fetch(request, env) {
      return Response.json({ text: ${JSON.stringify(text)}, stage: env.STAGE, key: env.API_KEY ?? null });
    } };`,
  };
}

async function answer(name: string) {
  const { status, text } = await world.ask(name);
  return { status, ...(status === 200 ? JSON.parse(text) : { text }) };
}

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

function versionIds(text: string): string[] {
  return [...new Set(text.match(uuid) ?? [])];
}

describe.each(wranglers)("$name", (wrangler) => {
  const name = `tour-${wrangler.name.includes("4.86") ? "old" : "new"}`;
  let project: Project;

  async function run(args: readonly string[], input?: string): Promise<string> {
    const outcome = await project.wrangler(args, input);
    expect(outcome, `wrangler ${args.join(" ")}`).toMatchObject({ code: 0 });
    return outcome.text;
  }

  beforeAll(() => {
    project = withWrangler(world.project(script(name, "one")), wrangler);
  });

  test("whoami names the account", async () => {
    expect(await run(["whoami"])).toContain(world.account.id);
  });

  test("a first deploy serves when wrangler reports success", async () => {
    const text = await run(["deploy", "--message", "first"]);
    expect(text).toContain("Current Version ID");
    expect(await answer(name)).toEqual({ status: 200, text: "one", stage: "test", key: null });
  });

  test("a later deploy replaces it", async () => {
    project.write(script(name, "two"));
    await run(["deploy", "--message", "second"]);
    expect(await answer(name)).toMatchObject({ text: "two" });
  });

  test("versions and deployments are listed and viewed", async () => {
    const versions = versionIds(await run(["versions", "list"]));
    expect(versions).toHaveLength(2);
    expect(await run(["versions", "view", versions[0] ?? ""])).toContain(versions[0]);
    expect(await run(["deployments", "list"])).toContain("second");
    expect(versionIds(await run(["deployments", "status"])).length).toBeGreaterThan(0);
  });

  test("a rollback serves the version before, and building is not needed for it", async () => {
    await run(["rollback", "--yes", "--message", "back"]);
    expect(await answer(name)).toMatchObject({ text: "one" });
  });

  test("an uploaded version waits until it is deployed", async () => {
    project.write(script(name, "three"));
    const [version] = versionIds(await run(["versions", "upload"]));
    expect(await answer(name)).toMatchObject({ text: "one" });
    await run(["versions", "deploy", `${version}@100`, "--yes"]);
    expect(await answer(name)).toMatchObject({ text: "three" });
  });

  test("secrets are put, listed, kept by a deploy, and deleted", async () => {
    await run(["secret", "put", "API_KEY"], 'line one\nquote " and $HOME');
    expect(await answer(name)).toMatchObject({ text: "three", key: 'line one\nquote " and $HOME' });
    const listed = await run(["secret", "list"]);
    expect(listed).toContain("API_KEY");
    expect(listed).not.toContain("line one");

    project.write(script(name, "four"));
    await run(["deploy"]);
    expect(await answer(name)).toMatchObject({ text: "four", key: 'line one\nquote " and $HOME' });

    await run(["secret", "delete", "API_KEY"], "y\n");
    expect(await answer(name)).toMatchObject({ text: "four", key: null });
  });

  test("secret bulk sets several at once", async () => {
    project.write({ "secrets.json": JSON.stringify({ API_KEY: "from bulk", OTHER: "x" }) });
    await run(["secret", "bulk", "secrets.json"]);
    expect(await answer(name)).toMatchObject({ key: "from bulk" });
  });

  test("delete ends it", async () => {
    await run(["delete", "--force"]);
    // Routers learn of it by their watches, each for itself.
    await expect.poll(async () => (await world.ask(name)).status, { timeout: 10_000 }).toBe(404);
  });
});
