/** What a newcomer does first: `npm start` with Node 20, Ctrl-C, and again; and what a power cut does. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { command, leftovers } from "./harness/command.ts";
import { ask } from "./harness/http.ts";

const folder = mkdtempSync(join(tmpdir(), "octoplane-start-"));
const octoplane = command(folder);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const host = "hello.dev.localhost";

test("it serves, ends within 5 s leaving nothing, and serves again what was deployed", async () => {
  const first = await octoplane.up("--example", "--port", "0");
  expect(await ask(`http://127.0.0.1:${first.port}`, host)).toMatchObject({
    status: 200,
    text: expect.stringContaining("Hello"),
  });
  expect(await first.interrupt()).toBeLessThan(5000);
  expect(leftovers(folder)).toEqual([]);

  const second = await octoplane.up("--example");
  expect(second.port).toBe(first.port);
  expect(await ask(`http://127.0.0.1:${second.port}`, host)).toMatchObject({ status: 200 });
  expect(await octoplane.run("up")).toMatchObject({ code: 1, text: expect.stringContaining("already running") });

  expect(await octoplane.run("down")).toMatchObject({ code: 0 });
  await expect.poll(() => leftovers(folder), { timeout: 5000 }).toEqual([]);
  expect(await octoplane.run("status")).toMatchObject({ code: 1, text: expect.stringMatching(/bootstrap\.mjs up/) });
}, 120_000);

test("killed without warning, it leaves no process and loses nothing that was deployed", async () => {
  const first = await octoplane.up("--example");
  process.kill(first.pid, "SIGKILL");
  await expect.poll(() => leftovers(folder), { timeout: 10_000 }).toEqual([]);

  const second = await octoplane.up();
  await expect
    .poll(async () => (await ask(`http://127.0.0.1:${second.port}`, host)).status, { timeout: 20_000 })
    .toBe(200);
  await second.interrupt();
}, 120_000);
