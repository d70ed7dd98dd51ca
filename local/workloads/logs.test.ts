import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { logFile, logPath, readLogs } from "./logs.ts";

let dataDir: string;
const owner = { namespace: "default", name: "web" };

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "octoplane-logs-"));
});
afterEach(() => rm(dataDir, { recursive: true }));

async function all(): Promise<string> {
  let text = "";
  for await (const piece of readLogs(dataDir, owner)) text += piece;
  return text;
}

it("keeps what was written, in order", async () => {
  const log = logFile(logPath(dataDir, owner));
  for (let i = 0; i < 100; i++) log.append(`${i}\n`);
  await log.flush();
  expect(await all()).toBe(Array.from({ length: 100 }, (_, i) => `${i}\n`).join(""));
});

it("never grows beyond its cap and keeps the newest", async () => {
  const path = logPath(dataDir, owner);
  const log = logFile(path, 1_000);
  for (let i = 0; i < 50; i++) {
    log.append(`${i} ${"x".repeat(90)}\n`);
    await log.flush();
  }
  expect((await stat(path)).size + (await stat(`${path}.1`)).size).toBeLessThanOrEqual(2_000);
  const text = await all();
  expect(text.startsWith("49 ") || text.includes("\n49 ")).toBe(true);
  expect(text.includes("\n1 ")).toBe(false);
});

it("keeps characters whole that lie across the pieces it is read in", async () => {
  const log = logFile(logPath(dataDir, owner));
  const text = `.${"€".repeat(100_000)}`;
  log.append(text);
  await log.flush();
  expect((await all()) === text).toBe(true);
});

it("follows across a rotation until it is told to stop", async () => {
  const log = logFile(logPath(dataDir, owner), 200);
  log.append("first\n");
  await log.flush();
  const stop = new AbortController();
  let text = "";
  for await (const piece of readLogs(dataDir, owner, { follow: true, signal: stop.signal })) {
    text += piece;
    if (text.endsWith("first\n")) {
      log.append(`${"x".repeat(190)}\n`);
      await log.flush();
      log.append("last\n");
    }
    if (text.endsWith("last\n")) stop.abort();
  }
  expect(text).toBe(`first\n${"x".repeat(190)}\nlast\n`);
});

it("is empty where nothing was printed", async () => {
  expect(await all()).toBe("");
});

it.each(["..", "a/b", "", "A", ".hidden"])("takes no path for a name: %j", (name) => {
  expect(() => logPath(dataDir, { namespace: "default", name })).toThrow("is not a name");
});
