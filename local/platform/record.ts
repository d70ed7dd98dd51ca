/** Who runs a data folder: a small file that `status`, `down` and the next start read. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "../../kubernetes/client.ts";
import type { DataFolder } from "./folder.ts";
import { isHeld } from "./hold.ts";
import type { Ports } from "./ports.ts";

export interface PlatformRecord {
  pid: number;
  ports: Ports;
  /** What the ports go back to when they are free. */
  preferredPorts: Ports;
  kubernetesUrl: string;
}

export function recordFile({ path }: Pick<DataFolder, "path">): string {
  return join(path, "platform.json");
}

export function writeRecord(folder: Pick<DataFolder, "path">, record: PlatformRecord): void {
  writeFileSync(recordFile(folder), `${JSON.stringify(record, null, 2)}\n`);
}

export function readRecord(folder: Pick<DataFolder, "path">): PlatformRecord | undefined {
  try {
    return JSON.parse(readFileSync(recordFile(folder), "utf8")) as PlatformRecord;
  } catch {
    return undefined;
  }
}

/**
 * - `answers`: the platform of this folder serves. Only the right API server takes the folder's token.
 * - `silent`: its process lives and does not answer: it is starting or ending, stopped (Ctrl-Z), or hangs.
 * - `ended`: nobody runs the folder.
 *
 * A process id proves nothing, since ids come again.
 */
export type PlatformState = "answers" | "silent" | "ended";

export async function stateOf(folder: Pick<DataFolder, "path" | "token">): Promise<PlatformState> {
  if (await answers(folder)) return "answers";
  return isHeld(folder) ? "silent" : "ended";
}

async function answers(folder: Pick<DataFolder, "path" | "token">): Promise<boolean> {
  const record = readRecord(folder);
  if (record === undefined) return false;
  try {
    await connect({ url: record.kubernetesUrl, token: folder.token }).getRaw("/api", { timeoutMs: 1000 });
    return true;
  } catch {
    return false;
  }
}
