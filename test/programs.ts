/** The programs of the suite: run side by side, each line of theirs told apart, and ended together. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";

export interface Program {
  args: readonly string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** Gets each line of its output; without it, the program has the terminal. */
  onLine?: ((line: string) => void) | undefined;
}

const running = new Set<ChildProcess>();
/** For what is left to do or to say at the end. */
const patienceMs = 2_000;

/** Runs a program for Node in a process group of its own, so that all of it can be ended. @returns its exit code */
export async function runProgram({ args, cwd, env, onLine }: Program): Promise<number> {
  const output = onLine === undefined ? "inherit" : "pipe";
  const command = ["--disable-warning=ExperimentalWarning", ...args];
  const child = spawn(process.execPath, command, { cwd, env, detached: true, stdio: ["ignore", output, output] });
  running.add(child);
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null && onLine !== undefined) createInterface({ input: stream }).on("line", onLine);
  }
  const closed = once(child, "close");
  const [code] = await once(child, "exit").catch(() => [1]);
  running.delete(child);
  // What it has left running may hold its output open.
  await Promise.race([closed, delay(patienceMs, undefined, { ref: false })]);
  return code ?? 1;
}

function kill({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // it has just ended
  }
}

/** What runs may end in its own way for a moment, and not for longer. @param cleanUp before this process ends, too */
export function endOnSignals(cleanUp: () => void): void {
  let isEnding = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    // Signals come in twos, from the terminal and from whoever passes them on: a second one changes nothing.
    process.on(signal, () => {
      if (!isEnding)
        void endAll(signal)
          .then(cleanUp)
          .then(() => process.exit(128 + constants.signals[signal]));
      isEnding = true;
    });
  }
}

async function endAll(signal: NodeJS.Signals): Promise<void> {
  const programs = [...running];
  for (const program of programs) kill(program, signal);
  await Promise.race([Promise.all(programs.map((program) => once(program, "exit"))), delay(patienceMs)]);
  for (const program of programs) kill(program, "SIGKILL");
}
