/** Makes folders unwritable, for root too: it ignores file modes, so the folder becomes a read-only mount of itself. */

import { execFileSync } from "node:child_process";

/** @returns how to make it writable again */
export function readOnly(folder: string): () => void {
  execFileSync("mount", ["--bind", folder, folder]);
  execFileSync("mount", ["-o", "remount,bind,ro", folder]);
  return () => execFileSync("umount", [folder]);
}

/** Some containers may not, even as root. */
export function canMount(): boolean {
  try {
    execFileSync("mount", ["--bind", "/tmp", "/tmp"], { stdio: "ignore" });
    execFileSync("umount", ["/tmp"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
