/** What a newcomer does first: `npm start` with Node 20, Ctrl-C, and again. */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { ask } from "./harness/http.ts";

const root = join(import.meta.dirname, "..", "..");
const node20 = join(root, "node_modules", "node-20", "bin", "node");
const oldNode = existsSync(node20) ? node20 : process.execPath;
const bootstrap = join(root, "bootstrap.mjs");
const folder = mkdtempSync(join(tmpdir(), "octoplane-start-"));
const dataDir = join(folder, "data");

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Started {
  child: ChildProcess;
  port: number;
}

/** Runs what `npm start` runs and resolves when it has printed where the example answers. */
function start(...args: string[]): Promise<Started> {
  const child = spawn(oldNode, [bootstrap, "up", "--example", "--data-dir", dataDir, ...args], { cwd: folder });
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk;
      const port = /http:\/\/hello\.dev\.localhost:(\d+)/.exec(text)?.[1];
      if (port !== undefined && text.includes("Ctrl-C")) resolve({ child, port: Number(port) });
    });
    child.stderr.on("data", (chunk: Buffer) => {
      text += chunk;
    });
    child.on("exit", () => reject(new Error(`it ended before it answered:\n${text}`)));
  });
}

/** Ends it as Ctrl-C does: the signal reaches bootstrap and platform. Resolves with the milliseconds that it took. */
async function interrupt({ child }: Started): Promise<number> {
  const platform = (JSON.parse(readFileSync(join(dataDir, "platform.json"), "utf8")) as { pid: number }).pid;
  const since = Date.now();
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGINT");
  process.kill(platform, "SIGINT");
  await ended;
  return Date.now() - since;
}

/** Processes whose command line names the data folder; only where /proc tells. */
function leftovers(): string[] {
  if (!existsSync("/proc/self/cmdline")) return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => commandLine(pid))
    .filter((line) => line.includes(dataDir));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

function octoplane(...args: string[]) {
  return promisify(execFile)(oldNode, [bootstrap, ...args, "--data-dir", dataDir], { cwd: folder });
}

test("it serves, ends within 5 s leaving nothing, and serves again what was deployed", async () => {
  const first = await start("--port", "0");
  expect(await ask(first.port, "hello.dev.localhost")).toMatchObject({
    status: 200,
    text: expect.stringContaining("Hello"),
  });
  expect(await interrupt(first)).toBeLessThan(5000);
  expect(leftovers()).toEqual([]);

  const second = await start();
  expect(second.port).toBe(first.port);
  expect(await ask(second.port, "hello.dev.localhost")).toMatchObject({ status: 200 });

  const status = JSON.parse((await octoplane("status", "-o", "json")).stdout);
  expect(status.accounts[0].scripts).toMatchObject([{ name: "hello", reason: "Serving", host: "hello.dev.localhost" }]);
  expect((await octoplane("account", "create", "team-b")).stdout).toMatch(/CLOUDFLARE_ACCOUNT_ID=[0-9a-f]{32}/);
  expect((await octoplane("account", "list")).stdout).toContain("team-b");
  await expect(start("--port", String(second.port))).rejects.toThrow(/already running/);

  await octoplane("down");
  expect(leftovers()).toEqual([]);
  await expect(octoplane("status")).rejects.toThrow(/no platform runs/);
}, 120_000);
