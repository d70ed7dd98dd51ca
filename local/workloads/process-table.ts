/** Every process that runs, so that all of them can be ended together. */

import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Child, type ChildOptions, startChild } from "./child.ts";
import { endRun, runRecords } from "./run-records.ts";
import { startWatchdog } from "./watchdog.ts";

export interface ProcessTable {
  start(options: Omit<ChildOptions, "records">): Child;
  /** A private folder for one process; the returned function removes it. */
  privateDirectory(): Promise<{ path: string; remove(): Promise<void> }>;
  /** SIGTERM to all, SIGKILL to what is left after `graceMs`; resolves when all have ended. */
  close(graceMs: number): Promise<void>;
}

/** Ends what an earlier run left behind, and sees to it that nothing outlives this one. */
export async function processTable(dataDir: string): Promise<ProcessTable> {
  const runs = join(dataDir, "run");
  const temporary = join(dataDir, "workloads", "tmp");
  await endEarlierRuns(runs);
  // One folder for each run: the watchdog of a run that was killed may still be at work.
  const runDirectory = join(runs, randomUUID());
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true, mode: 0o700 });
  const records = runRecords(runDirectory);
  const endWatchdog = startWatchdog(runDirectory);
  const running = new Set<Child>();

  return {
    start(options) {
      const child = startChild({ ...options, records });
      running.add(child);
      void child.exited.then(() => running.delete(child));
      return child;
    },
    async privateDirectory() {
      const path = await mkdtemp(join(temporary, "p-"));
      return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
    },
    async close(graceMs) {
      for (const child of running) child.kill("SIGTERM");
      const timer = setTimeout(() => {
        for (const child of running) child.kill("SIGKILL");
      }, graceMs);
      await Promise.all([...running].map((child) => child.exited));
      clearTimeout(timer);
      endWatchdog();
      await rm(runDirectory, { recursive: true, force: true });
    },
  };
}

async function endEarlierRuns(runs: string): Promise<void> {
  await mkdir(runs, { recursive: true, mode: 0o700 });
  await Promise.all((await readdir(runs)).map((name) => endRun(join(runs, name))));
}
