/** Code that cannot run is refused with the real reason while uploading; what served before still serves. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WorkerVersion } from "../../../api/workers/worker-version.ts";
import type { Project } from "../harness/project.ts";
import { startWorld, type World } from "../harness/world.ts";

let world: World;
let project: Project;

const good = `export default { fetch() { return new Response("good"); } };`;
const config = { name: "fragile", main: "index.js", compatibility_date: "2026-01-01" };

function files(code: string, settings: Record<string, unknown> = {}): Record<string, string> {
  return { "wrangler.jsonc": JSON.stringify({ ...config, ...settings }), "index.js": code };
}

beforeAll(async () => {
  world = await startWorld();
  project = world.project(files(good));
  expect(await project.wrangler(["deploy"])).toMatchObject({ code: 0 });
});
afterAll(() => world.close());

async function stored(): Promise<string[]> {
  return (await world.list(WorkerVersion)).map(({ metadata }) => metadata.name);
}

const durableObject = { durable_objects: { bindings: [{ name: "ROOM", class_name: "Room" }] } };

describe("an upload is refused", () => {
  test.each([
    ["throws at start", `throw new Error("boom at start"); ${good}`, {}, /boom at start[\s\S]*10021/],
    ["has an unknown flag", good, { compatibility_flags: ["no_such_flag"] }, /no_such_flag[\s\S]*10021/],
    ["has a date in the future", good, { compatibility_date: "2037-01-01" }, /2037-01-01[\s\S]*10021/],
    ["never ends", `while (true) {} ${good}`, {}, /time limit[\s\S]*10021/],
    [
      "eats all memory",
      `const all = []; while (true) all.push(new Array(1e6).fill(1)); ${good}`,
      {},
      /memory[\s\S]*10021/,
    ],
    [
      "wants a KV namespace",
      good,
      { kv_namespaces: [{ binding: "STORE", id: "0".repeat(32) }] },
      /KV namespaces are not supported/,
    ],
    ["wants a Durable Object", `export class Room {} ${good}`, durableObject, /durable_object/],
    ["wants static assets", good, { assets: { directory: "public" } }, /assets/],
  ])("that %s", async (_what, code, settings, reason) => {
    const before = await stored();
    project.write({ ...files(code, settings), "public/page.html": "<p>page</p>" });
    const outcome = await project.wrangler(["deploy"]);
    expect(outcome.text).toMatch(reason);
    expect(outcome.code).not.toBe(0);
    expect(await stored()).toEqual(before);
    expect(await world.ask("fragile")).toMatchObject({ status: 200, text: "good" });
  });

  test("that has a syntax error or no main module, which wrangler itself would never send", async () => {
    for (const [code, main] of [
      ["export default {", "index.js"],
      [good, "missing.js"],
    ]) {
      const body = new FormData();
      body.set("metadata", JSON.stringify({ main_module: main, compatibility_date: "2026-01-01", bindings: [] }));
      body.set("index.js", new Blob([code ?? ""], { type: "application/javascript+module" }), "index.js");
      const url = `${world.apiBaseUrl}/accounts/${world.account.id}/workers/scripts/fragile/versions`;
      const headers = { authorization: `Bearer ${world.account.token}` };
      const answer = await (await fetch(url, { method: "POST", headers, body })).json();
      expect(answer).toMatchObject({ success: false, errors: [{ code: 10021 }] });
    }
    expect(await world.ask("fragile")).toMatchObject({ status: 200, text: "good" });
  });
});
