/** A lock among processes of one machine: a file that only one of them can create. */

import { randomUUID } from "node:crypto";
import { type FileHandle, link, open, rename, rm, stat } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { StoreError } from "./error.ts";
import { errorCode } from "./file-error.ts";

/** A holder works for milliseconds; one that is gone for this long has died. */
const staleAfterMs = 10_000;
const giveUpAfterMs = 15_000;
const pauseMs = 5;

/** @throws StoreError `unreachable` when the lock does not come free */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + giveUpAfterMs;
  while (!(await take(path))) {
    if (performance.now() > giveUpAt) throw new StoreError("unreachable", `${path} stays locked by another process`);
    await breakStale(path);
    await wait(pauseMs);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function take(path: string): Promise<boolean> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, "wx");
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  } finally {
    await file?.close();
  }
}

/** Of several who see a stale lock one renames it away; a slower one may catch the next holder's, and gives it back. */
async function breakStale(path: string): Promise<void> {
  if (!(await isStale(path))) return;
  const aside = `${path}.stale-${randomUUID()}`;
  try {
    await rename(path, aside);
    if (!(await isStale(aside))) await link(aside, path);
  } catch (error) {
    if (!["ENOENT", "EEXIST"].includes(errorCode(error) ?? "")) throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

async function isStale(path: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > staleAfterMs;
  } catch {
    return false;
  }
}
