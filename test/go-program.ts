/** Programs for tests, built once from Go modules and kept by the hash of what they are built from. */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "./cluster/harness/run.ts";

export interface GoProgram {
  name: string;
  /** Folder of the Go module, below that of all modules. */
  module: string;
  package: string;
  linkerFlags?: string;
  /** For people who wait: on two cores, with nothing downloaded yet. */
  coldMinutes: number;
}

export interface Build {
  /** Folder of all modules. */
  modules: string;
  /** Where what is built stays. */
  cache: string;
  onProgress: (what: string) => void;
}

const buildTimeoutMs = 30 * 60_000;

/** Resolves with the program's path. */
export async function builtGoProgram(program: GoProgram, { modules, cache, onProgress }: Build): Promise<string> {
  const folder = join(modules, program.module);
  const path = join(cache, `${program.name}-${await hashOf(program, folder)}`);
  if (existsSync(path)) return path;

  onProgress(`building ${program.name} from Go modules, once (up to ${program.coldMinutes} min)`);
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = `${path}.${process.pid}`;
  const flags = ["-trimpath", "-mod=readonly", "-ldflags", `-s -w ${program.linkerFlags ?? ""}`.trim()];
  try {
    await run("go", ["build", ...flags, "-o", unfinished, program.package], {
      cwd: folder,
      env: { ...process.env, CGO_ENABLED: "0" },
      timeoutMs: buildTimeoutMs,
    });
    renameSync(unfinished, path);
  } finally {
    rmSync(unfinished, { force: true });
  }
  return path;
}

async function hashOf(program: GoProgram, folder: string): Promise<string> {
  const hash = createHash("sha256")
    .update(JSON.stringify(program))
    .update(await run("go", ["env", "GOVERSION"]));
  for (const file of readdirSync(folder).sort()) hash.update(file).update(readFileSync(join(folder, file)));
  return hash.digest("hex").slice(0, 16);
}
