/** A process that ends with this one, however this one ends. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { waitFor } from "../cluster/harness/wait.ts";

export interface Part {
  readonly name: string;
  /** Resolves when the probe holds; otherwise throws with the last lines of the part's log. */
  ready(probe: () => Promise<boolean>): Promise<void>;
  /** Kills it. */
  end(): Promise<void>;
}

/** The shell ends the program, and then itself, when the pipe that it reads from is closed: when this process is gone. */
const guardian = '"$@" <&- & read -r _; kill -9 $!; wait';

/** The log is `<folder>/<name>.log`. */
export function startPart(
  folder: string,
  name: string,
  command: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): Part {
  const logFile = join(folder, `${name}.log`);
  const log = openSync(logFile, "a");
  const shell: ChildProcess = spawn("sh", ["-c", guardian, "sh", command, ...args], {
    env: { ...process.env, ...environment },
    stdio: ["pipe", log, log],
  });
  closeSync(log);

  return {
    name,
    async ready(probe) {
      try {
        await waitFor(probe, { what: name });
      } catch (error) {
        const end = readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-8).join("\n");
        throw new Error(`${(error as Error).message}\n${end}`);
      }
    },
    async end() {
      const ended = once(shell, "close");
      shell.stdin?.end();
      await ended;
    },
  };
}
