/** Runs the octoplane command as a user does: through the bootstrap, on the oldest Node that is supported. */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Outcome } from "./project.ts";

export const root = join(import.meta.dirname, "..", "..", "..");
const node20 = join(root, "node_modules", "node-20", "bin", "node");
const oldNode = existsSync(node20) ? node20 : process.execPath;
const bootstrap = join(root, "bootstrap.mjs");

export interface Command {
  /** Runs to the end; never rejects because of the exit code. */
  run(...args: string[]): Promise<Outcome>;
  /** `up`: resolves when everything is printed that it has to say. */
  up(...args: string[]): Promise<Up>;
}

export interface Up {
  child: ChildProcess;
  /** Port of the router. */
  port: number;
  /** Process id of the platform itself, behind the bootstrap. */
  pid: number;
  /** As Ctrl-C on a terminal: every process of the group gets it. Resolves with the milliseconds until the end. */
  interrupt(): Promise<number>;
}

/** @param folder working folder; the data folder is `data` in it unless said otherwise. */
export function command(folder: string, dataDir = join(folder, "data")): Command {
  return {
    run: (...args) =>
      new Promise((resolve) => {
        execFile(
          oldNode,
          [bootstrap, ...args, "--data-dir", dataDir],
          { cwd: folder, timeout: 60_000 },
          (error, stdout, stderr) =>
            resolve({ code: error === null ? 0 : Number(error.code ?? 1), text: `${stdout}${stderr}` }),
        );
      }),
    up: (...args) => up(folder, dataDir, args),
  };
}

function up(folder: string, dataDir: string, args: readonly string[]): Promise<Up> {
  const child = spawn(oldNode, [bootstrap, "up", ...args, "--data-dir", dataDir], { cwd: folder });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return new Promise((resolve, reject) => {
    let text = "";
    const read = (chunk: Buffer) => {
      text += chunk;
      if (!text.includes("Ctrl-C")) return;
      const { pid, ports } = JSON.parse(readFileSync(join(dataDir, "platform.json"), "utf8"));
      const interrupt = async () => {
        const since = Date.now();
        child.kill("SIGINT");
        process.kill(pid, "SIGINT");
        await ended;
        return Date.now() - since;
      };
      resolve({ child, port: ports.router, pid, interrupt });
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("exit", () => reject(new Error(`it ended before it was up:\n${text}`)));
  });
}

/** Command lines of processes that name the folder; only where /proc tells. */
export function leftovers(folder: string): string[] {
  if (!existsSync("/proc/self/cmdline")) return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(commandLine)
    .filter((line) => line.includes(folder));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}
