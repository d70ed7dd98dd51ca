/** Processes that outlive their starter, and are ended by what was written down about them. */

import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { logFolder } from "./folders.ts";
import { waitFor } from "./wait.ts";

/** The start time tells a process from a later one with the same number. */
export interface ProcessRecord {
  name: string;
  pid: number;
  startedAt: string;
}

export interface Program {
  name: string;
  command: string;
  args: readonly string[];
  env?: Record<string, string>;
}

const usualEnvironment = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: "/root",
  // They live for minutes: time is dearer than memory.
  GOGC: "400",
};

/** In a session of its own, with its output in the log folder. */
export function startProcess({ name, command, args, env }: Program): ProcessRecord {
  mkdirSync(logFolder, { recursive: true });
  const log = openSync(logFile(name), "a");
  const child = spawn(command, args, {
    detached: true,
    cwd: "/",
    stdio: ["ignore", log, log],
    env: { ...usualEnvironment, ...env },
  });
  closeSync(log);
  // It may end at any time; whoever waits for it to be ready looks and says so.
  child.once("error", () => undefined);
  child.unref();
  if (child.pid === undefined) throw new Error(`${command} cannot be started`);
  return { name, pid: child.pid, startedAt: startTime(child.pid) ?? "" };
}

export function logFile(name: string): string {
  return join(logFolder, `${name}.log`);
}

/** Of a process that lives; one that has ended and waits for its parent counts as ended. */
function startTime(pid: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

export function isAlive({ pid, startedAt }: ProcessRecord): boolean {
  return startTime(pid) === startedAt;
}

/** For `waitFor`: why waiting makes no sense any more. */
export function endedEarly(record: ProcessRecord): string | undefined {
  if (isAlive(record)) return undefined;
  const end = readFileSync(logFile(record.name), "utf8").trimEnd().split("\n").slice(-40).join("\n");
  return `${record.name} has ended:\n${end}`;
}

/** Asks it to end, and ends it when it does not. */
export async function stopProcess(record: ProcessRecord, patienceMs = 5_000): Promise<void> {
  if (!signal(record, "SIGTERM")) return;
  try {
    await waitFor(() => !isAlive(record), { what: record.name, timeoutMs: patienceMs });
  } catch {
    signal(record, "SIGKILL");
    await waitFor(() => !isAlive(record), { what: record.name, timeoutMs: patienceMs });
  }
}

/** False when there is nothing to signal. */
export function signal(record: ProcessRecord, name: NodeJS.Signals): boolean {
  if (!isAlive(record)) return false;
  try {
    process.kill(record.pid, name);
    return true;
  } catch {
    return false;
  }
}
