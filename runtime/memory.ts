/** Watches how much memory a process really uses, where the system tells (`/proc`, Linux). */

import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";

/** A young process is looked at closely, since code that only allocates fills gigabytes in a second. */
const firstDelayMs = 10;
const longestDelayMs = 250;
const slowdown = 1.02;

/** Resident bytes of a process; undefined when it is gone or when the system does not tell. */
export function residentBytes(pid: number): number | undefined {
  try {
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
  } catch {
    return undefined;
  }
}

/** Calls `onExceeded` once when the process uses more than the limit. Returns a function that ends the watch. */
export function watchMemory(child: ChildProcess, limitBytes: number | undefined, onExceeded: () => void): () => void {
  const { pid } = child;
  if (limitBytes === undefined || pid === undefined) return () => {};
  let timer: NodeJS.Timeout | undefined;
  const look = (delay: number) => {
    const used = residentBytes(pid);
    if (used === undefined) return;
    if (used > limitBytes) return onExceeded();
    timer = setTimeout(look, delay, Math.min(delay * slowdown, longestDelayMs)).unref();
  };
  look(firstDelayMs);
  return () => clearTimeout(timer);
}
