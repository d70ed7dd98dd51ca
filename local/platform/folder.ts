/** The data folder of an embedded platform: where everything lies, and the secrets that open it. */

import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

export interface DataFolder {
  path: string;
  /** SQLite file of the Kubernetes-style API. */
  state: string;
  blobs: string;
  images: string;
  logs: string;
  kubeconfig: string;
  wranglerEnv: string;
  /** Bearer token of the Kubernetes-style API. */
  token: string;
}

/** Paths of a data folder that may not exist yet. */
export function folderPaths(folder: string): Omit<DataFolder, "token"> {
  const path = resolve(folder);
  return {
    path,
    state: join(path, "state.sqlite"),
    blobs: join(path, "blobs"),
    images: join(path, "images"),
    logs: join(path, "logs"),
    kubeconfig: join(path, "kubeconfig"),
    wranglerEnv: join(path, "wrangler.env"),
  };
}

/** Makes the folder where it is missing; only its owner may look into it, since it holds tokens. */
export function openFolder(folder: string): DataFolder {
  const paths = folderPaths(folder);
  for (const each of [paths.path, paths.blobs, paths.images, paths.logs])
    mkdirSync(each, { recursive: true, mode: 0o700 });
  return { ...paths, token: readOrCreateToken(join(paths.path, "token")) };
}

function readOrCreateToken(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    const token = randomBytes(32).toString("base64url");
    writePrivate(path, `${token}\n`);
    return token;
  }
}

/** Writes a file that only its owner may read. */
export function writePrivate(path: string, content: string): void {
  writeFileSync(path, content, { mode: 0o600 });
}
