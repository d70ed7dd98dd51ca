/**
 * Ends the platform's processes when the platform itself was killed. A shell holds the read end of a pipe whose write
 * end only the platform has: however the platform ends, the pipe closes, and only then is there a second Node.
 *
 *     node watchdog.ts RUN_DIRECTORY
 */

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { endRun } from "./run-records.ts";

const program = fileURLToPath(import.meta.url);
const script = 'read -r _; exec "$0" "$@"';

/** Returns how to end it, for a platform that ends in order. */
export function startWatchdog(runDirectory: string): () => void {
  const child = spawn("/bin/sh", ["-c", script, process.execPath, program, runDirectory], {
    stdio: ["pipe", "ignore", "ignore"],
    env: {},
    detached: true, // a Ctrl-C in the terminal must not end it first
  });
  child.on("error", () => undefined); // what is left then ends at the next start
  child.unref();
  const pipe = child.stdin as typeof child.stdin & { unref?(): void };
  pipe.unref?.();
  return () => void child.kill("SIGKILL");
}

const [, started, runDirectory] = process.argv;
if (started === program && runDirectory !== undefined) await endRun(runDirectory);
