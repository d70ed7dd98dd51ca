/** Reads the code of one worker: its description at once, its modules when somebody needs them. */

import type { CodeModule } from "../../api/workers/code.ts";
import { describedCode } from "./description.ts";
import { infrastructure, workerFault } from "./failure.ts";
import type { BuildInput, WorkerInput } from "./input.ts";
import { descriptionKey, keyIn } from "./location.ts";
import { type ModuleFile, type Source, sha256 } from "./source.ts";
import type { Stores } from "./stores.ts";
import { assemble } from "./template.ts";

/** @throws BuildFailed */
export async function readSource(
  worker: WorkerInput,
  index: number,
  input: BuildInput,
  stores: Stores,
): Promise<Source> {
  const { script, envPrefix, scriptsUrls } = worker;
  const read = (key: string) => stores.blobs((blobs) => blobs.get(key));
  if (scriptsUrls) return { index, script, envPrefix, ...(await assemble(worker, index, input, read)) };

  const prefix = keyIn(input.account, input.blobStore, worker.url ?? "");
  if (prefix === undefined) {
    throw infrastructure("badInput", `${script}: ${worker.url} is not below accounts/${input.account}/`);
  }
  const description = await read(descriptionKey(prefix));
  if (!description) throw infrastructure("blobMissing", `${script}: ${descriptionKey(prefix)}`);
  const codeDigest = sha256(description);
  if (worker.digest !== undefined && worker.digest !== codeDigest) {
    throw infrastructure("digestMismatch", `${script}: ${descriptionKey(prefix)} has the digest ${codeDigest}`);
  }
  const code = describedCode(description);
  if (typeof code === "string") throw workerFault(index, script, code);

  let files: Promise<ModuleFile[]> | undefined;
  const loadAll = () => Promise.all(code.modules.map((module) => readModule(script, prefix, module, read)));
  return { index, script, envPrefix, codeDigest, code, load: () => (files ??= loadAll()) };
}

type Read = (key: string) => Promise<Uint8Array | undefined>;

async function readModule(script: string, prefix: string, module: CodeModule, read: Read): Promise<ModuleFile> {
  const key = `${prefix}/${module.path}`;
  const bytes = await read(key);
  if (!bytes) throw infrastructure("blobMissing", `${script}: ${key}`);
  if (bytes.length !== module.size || sha256(bytes) !== module.sha256) {
    throw infrastructure("digestMismatch", `${script}: ${key} is not module ${JSON.stringify(module.name)}`);
  }
  return { path: module.path, bytes };
}
