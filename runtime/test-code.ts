/** Test support: worker code written to a temporary folder. */

import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CodeModule, ModuleType, WorkerCode } from "../api/workers/code.ts";

export interface Source {
  name: string;
  type?: ModuleType;
  content: string | Uint8Array;
}

/** The smallest useful wasm module: `(module)`. */
export const emptyWasm = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);

export const hello = `export default { fetch() { return new Response("hello"); } };`;

/** Writes the modules as m0, m1, ... and returns the code that describes them; the first module is the main one. */
export async function writeCode(
  directory: string,
  sources: string | Source[],
  changes: Partial<WorkerCode> = {},
): Promise<WorkerCode> {
  const list = typeof sources === "string" ? [{ name: "index.js", content: sources }] : sources;
  const modules = await Promise.all(list.map((source, index) => writeModule(directory, source, `m${index}`)));
  return {
    format: "modules",
    mainModule: modules[0]?.name ?? "",
    modules,
    compatibilityDate: "2026-11-01",
    compatibilityFlags: [],
    bindings: [],
    ...changes,
  };
}

async function writeModule(directory: string, source: Source, path: string): Promise<CodeModule> {
  const content = Buffer.from(source.content);
  await writeFile(join(directory, path), content);
  return {
    name: source.name,
    type: source.type ?? "esModule",
    path,
    size: content.length,
    sha256: createHash("sha256").update(content).digest("hex"),
  };
}
