/** The code of a version in the blob store: content-addressed, so that equal code lies in one place. */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { type CodeBinding, type CodeModule, codeFile, type WorkerCode } from "../../api/workers/code.ts";
import { isAccountKey } from "../../api/workers/location.ts";
import type { WorkerVersion } from "../../api/workers/worker-version.ts";
import type { BlobStore, BlobStream } from "../../stores/blob.ts";
import type { ScriptCall } from "./call.ts";
import { apiError } from "./errors.ts";
import type { Metadata } from "./metadata.ts";

/** What workerd assumes for code that names no date, as on Cloudflare. */
const oldestCompatibilityDate = "2021-11-02";

/** Where the modules of a new version come from: files of an upload, or the code of an earlier version. */
export type CodeSource = { directory: string } | { url: string };

/** @throws ApiError when metadata and modules contradict each other */
export function describeCode(metadata: Metadata, modules: CodeModule[], bindings: CodeBinding[]): WorkerCode {
  const { main_module: mainModule, body_part: bodyPart } = metadata;
  const main = mainModule ?? bodyPart;
  if (main === undefined || (mainModule !== undefined && bodyPart !== undefined)) {
    throw apiError("invalidUpload", { problem: "metadata must have one of main_module and body_part" });
  }
  assertPart(modules, main, mainModule === undefined ? "metadata.body_part" : "metadata.main_module");
  for (const binding of bindings) {
    if ("part" in binding) assertPart(modules, binding.part, `the part of binding ${JSON.stringify(binding.name)}`);
  }
  return {
    format: mainModule === undefined ? "service-worker" : "modules",
    mainModule: main,
    modules,
    compatibilityDate: metadata.compatibility_date ?? oldestCompatibilityDate,
    compatibilityFlags: metadata.compatibility_flags ?? [],
    bindings,
  };
}

function assertPart(modules: readonly CodeModule[], name: string, field: string): void {
  if (modules.some((module) => module.name === name)) return;
  throw apiError("invalidUpload", { problem: `${field}: the upload has no module ${JSON.stringify(name)}` });
}

/** SHA-256 of the description, hex: it holds the hash of every module, so equal digests are equal code. */
export function digestOf(code: WorkerCode): string {
  return createHash("sha256").update(JSON.stringify(code)).digest("hex");
}

export function codePrefix(account: string, script: string, digest: string): string {
  return `accounts/${account}/scripts/${script}/${digest}`;
}

/**
 * Writes the modules and then the description, so that a description never promises what is missing. What is there
 * already is written again: that makes it young, and out of reach for whoever sweeps unreferenced blobs.
 */
export async function writeCode(blobs: BlobStore, url: string, code: WorkerCode, source: CodeSource): Promise<void> {
  for (const module of code.modules) await blobs.put(`${url}/${module.path}`, await moduleBody(blobs, module, source));
  await blobs.put(`${url}/${codeFile}`, JSON.stringify(code));
}

/** Opens the file when it is read, so that a store that fails before leaves no open stream behind. */
async function* fileChunks(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path);
}

async function moduleBody(blobs: BlobStore, { path, size }: CodeModule, source: CodeSource): Promise<BlobStream> {
  if ("directory" in source) return { size, chunks: fileChunks(join(source.directory, path)) };
  const body = await blobs.open(`${source.url}/${path}`);
  if (body === undefined) throw new Error(`blob ${source.url}/${path} is gone`);
  return body;
}

/** The description of an earlier version's code. @throws ApiError `foreignCode`: kubectl users write any URL */
export async function readCode({ platform, account }: ScriptCall, { spec }: WorkerVersion): Promise<WorkerCode> {
  if (!isAccountKey(account.metadata.name, spec.url)) throw apiError("foreignCode", { url: JSON.stringify(spec.url) });
  const text = await platform.blobs.get(`${spec.url}/${codeFile}`);
  if (text === undefined) throw new Error(`blob ${spec.url}/${codeFile} is gone`);
  return JSON.parse(Buffer.from(text).toString("utf8")) as WorkerCode;
}
