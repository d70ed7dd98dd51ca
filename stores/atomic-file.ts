/** Files that appear whole or not at all, also after a power cut. */

import { randomUUID } from "node:crypto";
import { type FileHandle, link, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errorCode } from "./file-error.ts";

export type FileContent = string | Uint8Array | AsyncIterable<Uint8Array>;

export interface AtomicWrite {
  /** Folder on the same file system for files that are being written. */
  temporary: string;
  /** Leave a file that exists alone. */
  ifAbsent?: boolean;
}

/** Writes the file and its folders. Answers false when `ifAbsent` found one. */
export async function writeAtomically(path: string, content: FileContent, write: AtomicWrite): Promise<boolean> {
  await mkdir(write.temporary, { recursive: true });
  const temporary = join(write.temporary, randomUUID());
  try {
    await writeDurably(temporary, content);
    const placed = await place(temporary, path, write.ifAbsent ? linkIfAbsent : move);
    if (placed) await syncFolder(dirname(path));
    return placed;
  } finally {
    await rm(temporary, { force: true });
  }
}

type Placing = (from: string, to: string) => Promise<boolean>;

async function move(from: string, to: string): Promise<boolean> {
  await rename(from, to);
  return true;
}

async function linkIfAbsent(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
}

const placingTries = 3;

/** Somebody else may remove a folder just after it was made, because it is empty. */
async function place(from: string, to: string, placing: Placing, tries = placingTries): Promise<boolean> {
  await mkdir(dirname(to), { recursive: true });
  try {
    return await placing(from, to);
  } catch (error) {
    if (errorCode(error) !== "ENOENT" || tries === 1) throw error;
    return place(from, to, placing, tries - 1);
  }
}

async function writeDurably(path: string, content: FileContent): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes a rename durable; file systems that cannot do that do not need it. */
async function syncFolder(path: string): Promise<void> {
  let folder: FileHandle | undefined;
  try {
    folder = await open(path, "r");
    await folder.sync();
  } catch (error) {
    if (!["EISDIR", "EPERM", "EINVAL", "ENOENT"].includes(errorCode(error) ?? "")) throw error;
  } finally {
    await folder?.close();
  }
}
