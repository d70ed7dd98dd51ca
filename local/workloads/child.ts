/** One child process: its own group, its own environment, its output in a log, its ports by the control descriptor. */

import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { watchMemory } from "../../runtime/memory.ts";
import type { RunRecords } from "./run-records.ts";

export interface ChildOptions {
  /** For notes about it. */
  name: string;
  command: string;
  args: readonly string[];
  /** The whole of it. */
  env: Readonly<Record<string, string>>;
  cwd: string;
  records: RunRecords;
  onOutput(text: string): void;
  /** One socket listens (see `controlDescriptor`). */
  onListen(socket: string, port: number): void;
  /** Resident bytes above which it is killed. */
  memoryLimit?: number | undefined;
}

export interface Child {
  readonly pid: number | undefined;
  /** Never rejects; a command that cannot be started is an exit with code 127. */
  readonly exited: Promise<ChildExit>;
  /** Reaches the processes that it started too. */
  kill(signal: "SIGTERM" | "SIGKILL"): void;
}

export interface ChildExit {
  /** 128 plus the number of the signal for a process that one ended. */
  exitCode: number;
  outOfMemory: boolean;
  /** The end of its error output. */
  lastWords: string;
}

/**
 * Where a process may tell the ports that it listens on, one JSON line each, as workerd does with `--control-fd=3`:
 * `{"event":"listen","socket":"name","port":8080}`.
 */
export const controlDescriptor = 3;

const lastWordsLength = 2_000;

export function startChild(options: ChildOptions): Child {
  const { command, args, env, cwd, records, memoryLimit } = options;
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe", "pipe"], detached: true });
  const { pid } = child;
  if (pid !== undefined) records.add(pid, options.name);
  const lastWords = followOutput(child, options);
  followControl(child, options);
  let outOfMemory = false;
  const endWatch = watchMemory(child, memoryLimit, () => {
    outOfMemory = true;
    killGroup(pid, "SIGKILL");
  });

  const exited = exitOf(child).then(({ exitCode, error }) => {
    endWatch();
    if (pid !== undefined) records.remove(pid);
    return { exitCode, outOfMemory, lastWords: error ?? lastWords() };
  });
  return { pid, exited, kill: (signal) => killGroup(pid, signal) };
}

function followOutput(child: ChildProcess, { onOutput }: ChildOptions): () => string {
  let kept = "";
  child.stdout?.setEncoding("utf8").on("data", onOutput);
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    onOutput(text);
    kept = (kept + text).slice(-lastWordsLength);
  });
  return () => kept.trim();
}

function followControl(child: ChildProcess, { onListen }: ChildOptions): void {
  const control = child.stdio[controlDescriptor] as Readable;
  control.on("error", () => undefined);
  createInterface({ input: control }).on("line", (line) => {
    const report = parseReport(line);
    if (report) onListen(report.socket, report.port);
  });
}

function parseReport(line: string): { socket: string; port: number } | undefined {
  try {
    const { event, socket, port } = JSON.parse(line);
    return event === "listen" && typeof socket === "string" && Number.isInteger(port) ? { socket, port } : undefined;
  } catch {
    return undefined; // tenant code cannot write here, but a program may write nonsense
  }
}

/** After the end of a process its pipes are read to their end, unless somebody outside its group holds them open. */
const readOnMs = 500;

function exitOf(child: ChildProcess): Promise<{ exitCode: number; error?: string }> {
  return new Promise((resolve) => {
    child.once("error", ({ message }) => child.pid === undefined && resolve({ exitCode: 127, error: message }));
    child.once("exit", (code, signal) => {
      killGroup(child.pid, "SIGKILL"); // what it started and left behind
      const exitCode = code ?? 128 + (signal ? constants.signals[signal] : 0);
      const timer = setTimeout(resolve, readOnMs, { exitCode });
      child.once("close", () => {
        clearTimeout(timer);
        resolve({ exitCode });
      });
    });
  });
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // it has ended by itself
  }
}
