/** The data folder of an embedded platform: where everything lies, and the secrets that open it. */

import { randomBytes } from "node:crypto";
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

export interface DataFolder {
  path: string;
  /** SQLite file of the Kubernetes-style API. */
  state: string;
  blobs: string;
  images: string;
  logs: string;
  kubeconfig: string;
  /** Settings of the first account for wrangler. */
  wranglerEnv: string;
  /** Is there once the example was deployed: what its user deletes afterwards stays deleted. */
  exampleMark: string;
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
    exampleMark: join(path, "example-deployed"),
  };
}

/**
 * Makes the folder where it is missing. Only its owner may look into it, whoever made it and however: it holds tokens,
 * and the state holds every Secret.
 */
export function openFolder(folder: string): DataFolder {
  const paths = folderPaths(folder);
  for (const each of [paths.path, paths.blobs, paths.images, paths.logs]) {
    mkdirSync(each, { recursive: true, mode: 0o700 });
    chmodSync(each, 0o700);
  }
  // SQLite gives its companions the mode of the database.
  for (const suffix of ["", "-wal", "-shm"]) makePrivate(paths.state + suffix, suffix === "");
  return { ...paths, token: readToken(paths) ?? createToken(paths) };
}

/** The folder as a platform has left it, unchanged; undefined where none has been. */
export function readFolder(folder: string): DataFolder | undefined {
  const paths = folderPaths(folder);
  const token = readToken(paths);
  return token === undefined ? undefined : { ...paths, token };
}

/** Whether a platform has made this folder: no other program leaves these two files together. */
export function isDataFolder(folder: string): boolean {
  const paths = folderPaths(folder);
  return existsSync(tokenFile(paths)) && existsSync(paths.state);
}

function tokenFile({ path }: Pick<DataFolder, "path">): string {
  return join(path, "token");
}

function readToken(paths: Pick<DataFolder, "path">): string | undefined {
  try {
    return readFileSync(tokenFile(paths), "utf8").trim();
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

function createToken(paths: Pick<DataFolder, "path">): string {
  const token = randomBytes(32).toString("base64url");
  writePrivate(tokenFile(paths), `${token}\n`);
  return token;
}

/** Writes a file that only its owner may read, also where others could read what it replaces. */
export function writePrivate(path: string, content: string): void {
  makePrivate(path, true);
  writeFileSync(path, content);
}

function makePrivate(path: string, create: boolean): void {
  if (create) closeSync(openSync(path, "a", 0o600));
  if (existsSync(path)) chmodSync(path, 0o600);
}
