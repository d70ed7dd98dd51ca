/** Starts and stops workerd: limited in time and memory, with nothing in its environment but what is given. */

import { type ChildProcess, spawn } from "node:child_process";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { workerdPath } from "./binary.ts";
import { configName } from "./config.ts";
import { exitFailure, memoryFailure, timeFailure, WorkerdFailure } from "./failure.ts";
import { watchMemory } from "./memory.ts";

export interface WorkerdOptions {
  /** Path of the configuration file; its folder is the working directory. */
  config: string;
  /** Address per socket of the configuration, such as `127.0.0.1:0`. Every socket must be named. */
  sockets: Record<string, string>;
  /** The whole environment of the process. Default: empty. */
  env?: Record<string, string>;
  /** Milliseconds until all sockets must listen. Default 10,000. */
  startTimeoutMs?: number;
  /** Resident bytes above which the process is killed, for as long as it runs. Default: no limit. */
  memoryLimitBytes?: number;
  /** Kills the process, also while it starts. */
  signal?: AbortSignal;
  /** Called with each piece of what the workers print. */
  onOutput?: (text: string) => void;
}

export interface Workerd {
  pid: number;
  /** The real port of each socket. */
  ports: Record<string, number>;
  /** Milliseconds from the spawn until all sockets listened. */
  startupTimeMs: number;
  /** Resolves when the process has ended, for whatever reason; never rejects. */
  exited: Promise<WorkerdExit>;
  /** SIGTERM (requests in flight finish), then SIGKILL after `graceMs` (default 10,000). Resolves when it has ended. */
  stop(options?: { graceMs?: number }): Promise<void>;
}

export interface WorkerdExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Absent when the process was stopped or ended with exit code 0. */
  failure?: WorkerdFailure;
}

/** Why the process was made to end. */
type Cause = WorkerdFailure | "stopped";

interface Process {
  child: ChildProcess;
  kill(cause: Cause, signal?: NodeJS.Signals): void;
  exited: Promise<WorkerdExit>;
}

const keptErrorCharacters = 64 * 1024;
const controlDescriptor = 3;
const running = new Set<ChildProcess>();

process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Resolves when every socket listens. @throws WorkerdFailure when that does not happen; no process is left then. */
export async function startWorkerd(options: WorkerdOptions): Promise<Workerd> {
  const startedAt = performance.now();
  const { startTimeoutMs = 10_000 } = options;
  const workerd = launch(options);
  limit(workerd, options);

  const timer = setTimeout(() => workerd.kill(timeFailure(startTimeoutMs)), startTimeoutMs);
  try {
    const ports = await Promise.race([listening(workerd.child, options), workerd.exited.then(neverListened)]);
    return {
      pid: workerd.child.pid ?? 0,
      ports,
      startupTimeMs: Math.round(performance.now() - startedAt),
      exited: workerd.exited,
      stop: ({ graceMs = 10_000 } = {}) => stop(workerd, graceMs),
    };
  } finally {
    clearTimeout(timer);
  }
}

function launch({ config, sockets, env = {}, onOutput }: WorkerdOptions): Process {
  const addresses = Object.entries(sockets).map(([name, address]) => `--socket-addr=${name}=${address}`);
  const child = spawn(workerdPath, ["serve", config, configName, `--control-fd=${controlDescriptor}`, ...addresses], {
    cwd: dirname(config),
    env,
    stdio: ["ignore", onOutput ? "pipe" : "ignore", "pipe", "pipe"],
  });
  running.add(child);
  const errors = lastErrors(child, onOutput);
  let cause: Cause | undefined;
  return {
    child,
    kill(why, signal = "SIGKILL") {
      cause ??= why;
      child.kill(signal);
    },
    exited: ended(child).then(({ code, signal, failure }) => {
      running.delete(child);
      const reason = failure ?? failureOf(code, signal, cause, errors());
      return { code, signal, ...(reason && { failure: reason }) };
    }),
  };
}

/** Passes on what the process prints and keeps the end of its error output. */
function lastErrors(child: ChildProcess, onOutput?: (text: string) => void): () => string {
  let kept = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => onOutput?.(text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    onOutput?.(text);
    kept = (kept + text).slice(-keptErrorCharacters);
  });
  return () => kept;
}

function ended(child: ChildProcess): Promise<WorkerdExit> {
  return new Promise((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal }));
    child.once("error", ({ message }) => {
      if (child.pid !== undefined) return;
      const failure = new WorkerdFailure("unavailable", `workerd cannot be run: ${message}`);
      resolve({ code: null, signal: null, failure });
    });
  });
}

function failureOf(
  code: number | null,
  signal: NodeJS.Signals | null,
  cause: Cause | undefined,
  errors: string,
): WorkerdFailure | undefined {
  if (cause === "stopped" || code === 0) return undefined;
  return cause ?? exitFailure(code, signal, errors);
}

function neverListened({ failure }: WorkerdExit): never {
  throw failure ?? new WorkerdFailure("exit", "workerd ended before it listened");
}

function limit(workerd: Process, { memoryLimitBytes, signal }: WorkerdOptions): void {
  const endWatch = watchMemory(workerd.child, memoryLimitBytes, () => workerd.kill(memoryFailure(memoryLimitBytes)));
  const abort = () => workerd.kill(new WorkerdFailure("aborted", "workerd was stopped before it had started"));
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  workerd.exited.then(() => {
    endWatch();
    signal?.removeEventListener("abort", abort);
  });
}

/** The ports that workerd reports on its control descriptor, one JSON line per socket. */
function listening(child: ChildProcess, { sockets }: WorkerdOptions): Promise<Record<string, number>> {
  const ports: Record<string, number> = {};
  const missing = new Set(Object.keys(sockets));
  const lines = createInterface({ input: child.stdio[controlDescriptor] as Readable });
  return new Promise((resolve) => {
    lines.on("line", (line) => {
      const { event, socket, port } = JSON.parse(line);
      if (event !== "listen") return;
      ports[socket] = port;
      missing.delete(socket);
      if (missing.size === 0) resolve(ports);
    });
  });
}

async function stop(workerd: Process, graceMs: number): Promise<void> {
  workerd.kill("stopped", "SIGTERM");
  const timer = setTimeout(() => workerd.kill("stopped"), graceMs);
  await workerd.exited;
  clearTimeout(timer);
}
