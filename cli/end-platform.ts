/** Ends the embedded platform of a data folder, from another process. */

import { setTimeout as delay } from "node:timers/promises";
import { type DataFolder, readFolder } from "../local/platform/folder.ts";
import { readRecord, stateOf } from "../local/platform/record.ts";

const defaultPatienceMs = 15_000;

/**
 * False when nobody ran the folder.
 *
 * @throws Error when its platform does not end in time; then it still has the folder.
 */
export async function endPlatform(path: string, patienceMs = defaultPatienceMs): Promise<boolean> {
  const folder = readFolder(path);
  const record = readRecord({ path });
  if (folder === undefined || record === undefined || (await stateOf(folder)) === "ended") return false;
  // One that was stopped (Ctrl-Z) hears of it only when it goes on.
  for (const signal of ["SIGTERM", "SIGCONT"] as const) send(record.pid, signal);
  await untilEnded(folder, record.pid, Date.now() + patienceMs);
  return true;
}

async function untilEnded(folder: DataFolder, pid: number, deadline: number): Promise<void> {
  while ((await stateOf(folder)) !== "ended") {
    if (Date.now() > deadline) {
      throw new Error(
        `the platform (process ${pid}) does not end, and its data stays; its log is in ${folder.logs}; to end it by force: kill -9 ${pid}`,
      );
    }
    await delay(50);
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    const hasJustEnded = (error as NodeJS.ErrnoException).code === "ESRCH";
    if (!hasJustEnded) throw error;
  }
}
