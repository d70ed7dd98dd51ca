/** Makes folders unwritable, for root too: it ignores file modes, so the folder becomes a read-only mount of itself. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** @returns how to make it writable again */
export function readOnly(folder: string): () => void {
  const undo = () => void execFileSync("umount", [folder]);
  mount("--bind", folder, folder);
  try {
    mount("-o", "remount,bind,ro", folder);
  } catch (error) {
    undo();
    throw error;
  }
  return undo;
}

function mount(...args: string[]): void {
  execFileSync("mount", args, { stdio: ["ignore", "ignore", "pipe"] });
}

/** Some containers may not, even as root. Tried on a folder that nobody else uses. */
export function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), "octoplane-mount-"));
  try {
    readOnly(folder)();
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
