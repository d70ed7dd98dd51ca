/** A note on disk for every process that runs, so that none outlives a platform that was killed. */

import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

export interface RunRecords {
  /** Notes the process before anything else can happen to it. @param name For whoever looks into the folder. */
  add(pid: number, name: string): void;
  remove(pid: number): void;
}

interface RunRecord {
  pid: number;
  name: string;
  /** Differs for any later process with the same number. */
  identity: string;
}

/** @param directory Of this run alone. */
export function runRecords(directory: string): RunRecords {
  mkdirSync(directory, { recursive: true });
  const file = (pid: number) => join(directory, `${pid}.json`);
  const running = new Set<number>();

  function write(pid: number, name: string, identity: string | undefined): void {
    if (identity === undefined || !running.has(pid)) return;
    writeFileSync(file(pid), JSON.stringify({ pid, name, identity } satisfies RunRecord));
  }

  return {
    add(pid, name) {
      running.add(pid);
      const identity = fromProc(pid);
      if (identity === undefined) void fromPs(pid).then((found) => write(pid, name, found));
      else write(pid, name, identity);
    },
    remove(pid) {
      running.delete(pid);
      rmSync(file(pid), { force: true });
    },
  };
}

/** Kills what is left of the run that kept its notes here, with all that it started, and removes the notes. */
export async function endRun(directory: string): Promise<void> {
  const records = readRecords(directory);
  await Promise.all(records.map(async (record) => (await isStill(record)) && endGroup(record.pid)));
  rmSync(directory, { recursive: true, force: true });
}

function readRecords(directory: string): RunRecord[] {
  return readNames(directory).flatMap((name) => {
    const record = parse(readFileSync(join(directory, name), "utf8"));
    return record && `${record.pid}.json` === name && record.pid > 1 ? [record] : [];
  });
}

function readNames(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}

/** A note that was being written when the machine stopped is no note. */
function parse(text: string): RunRecord | undefined {
  try {
    const { pid, name = "", identity } = JSON.parse(text) as Partial<RunRecord>;
    return Number.isInteger(pid) && identity ? { pid: pid as number, name, identity } : undefined;
  } catch {
    return undefined;
  }
}

async function isStill({ pid, identity }: RunRecord): Promise<boolean> {
  return (fromProc(pid) ?? (await fromPs(pid))) === identity;
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // it ended by itself
  }
}

/** Linux: the boot and the time of the start within it (field 22 of stat, counted behind the name in parentheses). */
function fromProc(pid: number): string | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return `${boot}:${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]}`;
  } catch {
    return undefined;
  }
}

/** Elsewhere: the time of the start and the command line. */
async function fromPs(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)("ps", ["-o", "lstart=", "-o", "command=", "-p", String(pid)]);
    return stdout.trim() || undefined;
  } catch {
    return undefined;
  }
}
