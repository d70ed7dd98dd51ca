/** What is known of the running cluster, written down as it comes into being, so that anybody can end it. */

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { clusterFolder, recordFile } from "./folders.ts";
import type { Images } from "./images.ts";
import { type ProcessRecord, type Program, startProcess } from "./processes.ts";
import type { Stores } from "./stores.ts";

export interface ClusterRecord {
  /** Of the process that starts or holds it. */
  owner: number;
  network?: { wasForwarding: boolean };
  /** In the order of their start. */
  processes: (ProcessRecord & { program: Program })[];
  /** There when it is up. */
  ready?: { stores: Stores; images: Images; kubectl: string };
}

export function readRecord(): ClusterRecord | undefined {
  if (!existsSync(recordFile)) return undefined;
  return JSON.parse(readFileSync(recordFile, "utf8"));
}

export function writeRecord(record: ClusterRecord): void {
  mkdirSync(clusterFolder, { recursive: true, mode: 0o700 });
  writeFileSync(`${recordFile}.new`, JSON.stringify(record, null, 2), { mode: 0o600 });
  renameSync(`${recordFile}.new`, recordFile);
}

/** Starts processes and writes each down at once. */
export function starter(record: ClusterRecord): (program: Program) => ProcessRecord {
  return (program) => {
    const started = startProcess(program);
    record.processes = [...record.processes.filter(({ name }) => name !== program.name), { ...started, program }];
    writeRecord(record);
    return started;
  };
}
