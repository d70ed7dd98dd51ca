/** The octoplane command on a running platform. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { command } from "./harness/command.ts";
import { type Outcome, writeFiles } from "./harness/project.ts";
import { startWorld, type World } from "./harness/world.ts";

let world: World;
let octoplane: (...args: string[]) => Promise<Outcome>;

beforeAll(async () => {
  world = await startWorld();
  octoplane = command(world.folder).run;
  const project = world.project({
    "wrangler.jsonc": JSON.stringify({ name: "talker", main: "index.js", compatibility_date: "2026-01-01" }),
    "index.js": `export default { fetch() { console.log("talker was asked"); return new Response("hi"); } };`,
  });
  expect(await project.wrangler(["deploy"])).toMatchObject({ code: 0 });
  expect(await world.ask("talker")).toMatchObject({ status: 200 });
});
afterAll(() => world.close());

test("status lists every script with its URL and host", async () => {
  const { text } = await octoplane("status", "-o", "json");
  const { accounts, waiting } = JSON.parse(text);
  const host = "talker.dev.localhost";
  const url = `http://${host}:${new URL(world.router).port}`;
  expect(accounts).toMatchObject([
    { id: world.account.id, scripts: [{ name: "talker", reason: "Serving", host, url }] },
  ]);
  expect(waiting).toEqual([]);
  expect(await octoplane("status")).toMatchObject({ code: 0, text: expect.stringContaining(url) });
});

test("accounts are created, listed, and get further tokens", async () => {
  expect(await octoplane("account", "create", "team-b")).toMatchObject({
    code: 0,
    text: expect.stringMatching(/CLOUDFLARE_API_TOKEN=\S+/),
  });
  expect(
    JSON.parse((await octoplane("account", "list", "-o", "json")).text)
      .map(({ name }: { name: string }) => name)
      .sort(),
  ).toEqual(["dev", "team-b"]);
  const { token, id, apiBaseUrl } = JSON.parse((await octoplane("account", "token", "team-b", "-o", "json")).text);
  const answer = await fetch(`${apiBaseUrl}/accounts`, { headers: { authorization: `Bearer ${token}` } });
  expect(await answer.json()).toMatchObject({ success: true, result: [{ id }] });
});

test("logs shows what a script prints", async () => {
  await expect
    .poll(async () => (await octoplane("logs", "talker")).text, { timeout: 10_000 })
    .toContain("talker was asked");
});

test.each([
  [["account", "create", "Team_B"], /"Team_B" must be a DNS label/],
  [["account", "create", "dev"], /already/],
  [["account", "token", "nobody"], /there is no account "nobody"; there are: dev/],
  [["logs", "nobody"], /no account has a script "nobody"/],
  [["frobnicate"], /unknown command/],
  [["up", "--port", "x"], /a port is a number/],
])("%j is refused in one clear line", async (args, reason) => {
  const { code, text } = await octoplane(...args);
  expect(code).toBe(1);
  expect(text).toMatch(reason);
  expect(text).not.toMatch(/ {4}at /);
});

test("data is deleted only where a platform has made it", async () => {
  const precious = join(world.folder, "precious");
  writeFiles(precious, { "thesis.txt": "years of work" });
  const { code, text } = await command(precious, precious).run("down", "--delete-data");
  expect([code, text]).toEqual([1, expect.stringContaining("is not a data folder of octoplane")]);
  expect(existsSync(join(precious, "thesis.txt"))).toBe(true);
  expect(await command(precious, "").run("down", "--delete-data")).toMatchObject({
    code: 1,
    text: expect.stringContaining("name a folder"),
  });
  expect(existsSync(join(precious, "thesis.txt"))).toBe(true);
});

test("help and completion are there for every command", async () => {
  for (const args of [[], ["up"], ["status"], ["account"], ["account", "create"], ["logs"], ["down"]]) {
    expect(await octoplane(...args, "--help")).toMatchObject({
      code: 0,
      text: expect.stringMatching(/Usage: .*bootstrap\.mjs/),
    });
  }
  expect((await octoplane("completion", "bash")).text).toContain("complete -F _octoplane octoplane");
});
