/** The code of one worker, wherever it comes from. */

import { createHash } from "node:crypto";
import type { WorkerCode } from "../../api/workers/code.ts";

export interface ModuleFile {
  /** Generated name: `m0`, `m1`, ... */
  path: string;
  bytes: Uint8Array;
}

export interface Source {
  /** Place in the build's input. */
  index: number;
  script: string;
  envPrefix: string;
  /** Hex SHA-256 of the description. */
  codeDigest: string;
  code: WorkerCode;
  /** The modules, verified; fetched once. */
  load(): Promise<ModuleFile[]>;
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}
