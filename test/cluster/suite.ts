/**
 * The tests of a cluster, on a cluster of this machine that begins and ends with them. Arguments go to vitest. With
 * `TEST_PLATFORM`, they run on that platform and nothing is started.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { platformFile, root } from "./harness/folders.ts";
import type { InstalledPlatform } from "./installed.ts";

/** In a session of its own: whatever ends this process, it sees its input end and takes the cluster away. */
async function holdCluster(): Promise<ChildProcess> {
  const main = join(import.meta.dirname, "main.ts");
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main, "hold"], {
    cwd: root,
    detached: true,
    stdio: ["pipe", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    if (line === "ready") return child;
  }
  throw new Error("the cluster did not start");
}

async function release(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.stdin?.end();
  await ended;
}

function runVitest(args: readonly string[]): Promise<number> {
  const vitest = realpathSync(join(root, "node_modules", ".bin", "vitest"));
  const projects = ["cluster-faults", "cluster-farms", "kubernetes", "cluster", "stores"].flatMap((name) => [
    "--project",
    name,
  ]);
  const env = { ...process.env, ...counterparts() };
  const child = spawn(process.execPath, [vitest, "run", ...projects, ...args], { cwd: root, stdio: "inherit", env });
  return new Promise((resolve) => child.once("exit", (code) => resolve(code ?? 1)));
}

/** What tests of single parts ask for, since they have real counterparts here. */
function counterparts(): NodeJS.ProcessEnv {
  const file = process.env.TEST_PLATFORM ?? platformFile;
  const platform: InstalledPlatform = JSON.parse(readFileSync(file, "utf8"));
  return platform.counterparts;
}

const cluster = process.env.TEST_PLATFORM === undefined ? await holdCluster() : undefined;
try {
  process.exitCode = await runVitest(process.argv.slice(2));
} finally {
  if (cluster !== undefined) await release(cluster);
}
