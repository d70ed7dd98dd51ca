/** Who runs a data folder: a small file that `status`, `down` and the next start read. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "../../kubernetes/client.ts";
import type { DataFolder } from "./folder.ts";
import type { Ports } from "./ports.ts";

export interface PlatformRecord {
  pid: number;
  ports: Ports;
  kubernetesUrl: string;
}

export function recordFile({ path }: Pick<DataFolder, "path">): string {
  return join(path, "platform.json");
}

export function writeRecord(folder: DataFolder, record: PlatformRecord): void {
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
 * Whether the platform of this folder answers. A process id alone proves nothing, since ids come again; only the right
 * API server takes this folder's token.
 */
export async function isRunning(folder: DataFolder): Promise<boolean> {
  const record = readRecord(folder);
  if (record === undefined) return false;
  try {
    await connect({ url: record.kubernetesUrl, token: folder.token }).getRaw("/api", { timeoutMs: 1000 });
    return true;
  } catch {
    return false;
  }
}
