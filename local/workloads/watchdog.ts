/**
 * Ends the platform's processes when the platform itself was killed. It holds the read end of a pipe whose write end
 * only the platform has: however the platform ends, the pipe closes.
 *
 *     node watchdog.ts RUN_DIRECTORY
 */

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { endRun } from "./run-records.ts";

/** Returns how to end it, for a platform that ends in order. */
export function startWatchdog(runDirectory: string): () => unknown {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), runDirectory], {
    stdio: ["pipe", "ignore", "ignore"],
    env: {},
    detached: true, // a Ctrl-C in the terminal must not end it first
  });
  child.on("error", () => undefined); // what is left then ends at the next start
  child.unref();
  const pipe = child.stdin as typeof child.stdin & { unref?(): void };
  pipe.unref?.();
  return () => child.kill("SIGKILL");
}

async function watch(runDirectory: string): Promise<void> {
  for await (const _ of process.stdin); // ends with the platform
  await endRun(runDirectory);
}

const [, program, runDirectory] = process.argv;
if (program === fileURLToPath(import.meta.url) && runDirectory !== undefined) await watch(runDirectory);
