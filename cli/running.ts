/** The platform that a command talks to. */

import type { Command } from "commander";
import { connect, type KubernetesClient } from "../kubernetes/client.ts";
import { type DataFolder, folderPaths, openFolder } from "../local/platform/folder.ts";
import { isRunning, type PlatformRecord, readRecord } from "../local/platform/record.ts";

export interface Running {
  folder: DataFolder;
  record: PlatformRecord;
  client: KubernetesClient;
}

export function dataDirOf(command: Command): string {
  return command.optsWithGlobals<{ dataDir: string }>().dataDir;
}

export class NotRunning extends Error {
  constructor(path: string) {
    super(`no platform runs on ${path}; start one with: octoplane up (or name its folder with --data-dir)`);
    this.name = "NotRunning";
  }
}

/** The running platform of the data folder. Throws NotRunning, and makes no folder where there is none. */
export async function findRunning(command: Command): Promise<Running> {
  const paths = folderPaths(dataDirOf(command));
  const record = readRecord(paths);
  if (record === undefined) throw new NotRunning(paths.path);
  const folder = openFolder(paths.path);
  if (!(await isRunning(folder))) throw new NotRunning(paths.path);
  return { folder, record, client: connect({ url: record.kubernetesUrl, token: folder.token }) };
}
