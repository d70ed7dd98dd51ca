/**
 * Who holds a data folder: at most one platform, for as long as its process lives. The lock is the operating system's,
 * by way of SQLite: it is there while the process is stopped or hangs, and gone when the process is, however it ended.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { DataFolder } from "./folder.ts";

export interface Hold {
  release(): void;
}

/** Whoever only looks holds the lock for a moment, too. */
const patienceMs = 250;
const busy = 5;

function lockFile({ path }: Pick<DataFolder, "path">): string {
  return join(path, "lock.sqlite");
}

/** Undefined when a platform holds it already. */
export function holdFolder(folder: Pick<DataFolder, "path">): Hold | undefined {
  const database = new DatabaseSync(lockFile(folder), { timeout: patienceMs });
  if (succeeds(database, "BEGIN EXCLUSIVE")) return { release: () => database.close() };
  database.close();
  return undefined;
}

export function isHeld(folder: Pick<DataFolder, "path">): boolean {
  if (!existsSync(lockFile(folder))) return false;
  const database = new DatabaseSync(lockFile(folder), { readOnly: true });
  try {
    return !succeeds(database, "SELECT 1 FROM sqlite_schema");
  } finally {
    database.close();
  }
}

/** False when the database is locked by another connection. */
function succeeds(database: DatabaseSync, sql: string): boolean {
  try {
    database.exec(sql);
    return true;
  } catch (error) {
    if ((error as { errcode?: number }).errcode === busy) return false;
    throw error;
  }
}
