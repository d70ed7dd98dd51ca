/** Code of a kubectl user: files in the blob store without a description, which is made up here. */

import { posix } from "node:path";
import type { CodeModule, ModuleType, WorkerCode } from "../../api/workers/code.ts";
import { isoDate } from "../../api/workers/compatibility-date.ts";
import { infrastructure, workerFault } from "./failure.ts";
import type { BuildInput, WorkerInput } from "./input.ts";
import { keyIn } from "./location.ts";
import { type Source, sha256 } from "./source.ts";

const typeByExtension: Record<string, ModuleType> = {
  ".js": "esModule",
  ".mjs": "esModule",
  ".cjs": "commonJsModule",
  ".wasm": "wasm",
  ".json": "json",
  ".txt": "text",
  ".html": "text",
  ".sql": "text",
  ".py": "pythonModule",
};

/** What a version without a date of its own gets: the behaviour that workerd had when the kind was made. */
const defaultDate = "2023-02-28";

/** Modules are named by their path below the folder that all of them share. @throws BuildFailed */
export async function assemble(
  worker: WorkerInput,
  index: number,
  input: BuildInput,
  read: (key: string) => Promise<Uint8Array | undefined>,
): Promise<Pick<Source, "codeDigest" | "code" | "load">> {
  const { script, scriptsUrls = [], secretNames = [] } = worker;
  const keys = scriptsUrls.map((url) => {
    const key = keyIn(input.account, input.blobStore, url);
    if (key !== undefined) return key;
    throw workerFault(index, script, `scriptsUrls: ${JSON.stringify(url)} is not below accounts/${input.account}/`);
  });
  const folder = commonFolder(keys);
  const parts = await Promise.all(
    keys.map(async (key, place) => {
      const bytes = await read(key);
      if (!bytes) throw infrastructure("blobMissing", `${script}: ${key}`);
      const path = `m${place}`;
      return { module: moduleOf(key.slice(folder.length), path, bytes), file: { path, bytes } };
    }),
  );
  const modules = parts.map(({ module }) => module);
  const mainModule = worker.mainModule ?? modules.find(({ type }) => type === "esModule")?.name;
  if (mainModule === undefined) throw workerFault(index, script, "scriptsUrls names no .js or .mjs file");
  const code: WorkerCode = {
    format: "modules",
    mainModule,
    modules,
    compatibilityDate: isoDate(worker.compatibilityDate ?? defaultDate),
    compatibilityFlags: [],
    bindings: secretNames.map((name) => ({ type: "secret_text", name })),
  };
  return { code, codeDigest: sha256(JSON.stringify(code)), load: async () => parts.map(({ file }) => file) };
}

/** Longest folder that all keys lie in, with its slash. */
function commonFolder(keys: string[]): string {
  const [first = "", ...others] = keys.map((key) => key.slice(0, key.lastIndexOf("/") + 1));
  let folder = first;
  while (!others.every((other) => other.startsWith(folder))) {
    folder = folder.slice(0, folder.lastIndexOf("/", folder.length - 2) + 1);
  }
  return folder;
}

function moduleOf(name: string, path: string, bytes: Uint8Array): CodeModule {
  const type = typeByExtension[posix.extname(name)] ?? "data";
  return { name, type, path, size: bytes.length, sha256: sha256(bytes) };
}
