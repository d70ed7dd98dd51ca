/**
 * Multipart uploads: one text field that describes the rest, and one part per module. Parts go to generated file names
 * in a temporary folder, so that neither memory nor paths depend on what a client sends.
 */

import { createHash } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Busboy, type BusboyHeaders, type BusboyInstance } from "@fastify/busboy";
import type { AccountCall } from "./call.ts";
import { apiError } from "./errors.ts";
import { inTime } from "./in-time.ts";

export interface UploadedPart {
  /** As the client calls it; never used as a path. */
  name: string;
  contentType: string;
  /** Generated file name in the upload's folder. */
  path: string;
  /** Bytes. */
  size: number;
  /** Hex. */
  sha256: string;
}

export interface Upload {
  directory: string;
  /** Text of the describing field. */
  field: string;
  /** In the order of the upload. */
  parts: UploadedPart[];
}

const largestBody = 100 * 2 ** 20;
/** More than a version can keep; it is held in memory. */
const largestField = 4 * 2 ** 20;
/** Whoever sends slower than this has the turn of others. */
const longestMs = 120_000;
const longestSilenceMs = 15_000;
/** As many modules as a WorkerVersion can name, and their source maps. */
const mostParts = 2 * 1024;
const longestName = 1024;

const limits = { fieldSize: largestField, fields: 8, files: mostParts, headerPairs: 32, headerSize: 16 * 1024 };

/**
 * Receives the upload when it is the account's turn, hands it to `use`, and removes its folder in any case. What takes
 * its time without the upload does not belong into `use`. @throws ApiError
 */
export function withUpload<T>(
  call: AccountCall,
  field: "metadata" | "settings",
  use: (upload: Upload) => Promise<T>,
): Promise<T> {
  return call.platform.limits.upload(call, async () => {
    const directory = await mkdtemp(join(tmpdir(), "octoplane-upload-"));
    try {
      return await use(await receive(call.request, field, directory));
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
}

async function receive(request: IncomingMessage, field: string, directory: string): Promise<Upload> {
  const parser = multipartParser(request, field);
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined);
  const fail = (problem: string) => failure.reject(apiError("invalidUpload", { problem }));
  const fields: string[] = [];
  const writes: Promise<UploadedPart>[] = [];
  const names = new Set<string>([field]);

  parser.on("field", (name: string, value: string, _nameCut: boolean, isCut: boolean) => {
    if (name !== field) return fail(`part ${JSON.stringify(name)} of the upload has no content type or file name`);
    if (isCut) return fail(`${field} is larger than ${largestField} bytes`);
    fields.push(value);
  });
  parser.on("file", (name: string, content: Readable, _file: string, _encoding: string, contentType: string) => {
    const problem = nameProblem(name, names);
    names.add(name);
    if (problem !== undefined) {
      content.resume();
      return fail(problem);
    }
    const written = writePart({ name, contentType, path: `m${writes.length}` }, content, directory);
    written.catch(failure.reject);
    writes.push(written);
  });
  for (const event of ["filesLimit", "fieldsLimit", "partsLimit"] as const) {
    parser.on(event, () => fail(`the upload has more than ${mostParts} parts`));
  }
  parser.on("error", (error: unknown) => fail(`the upload is not valid multipart/form-data: ${String(error)}`));

  try {
    await Promise.race([failure.promise, feed(request, parser)]);
    const parts = await Promise.race([failure.promise, Promise.all(writes)]);
    const [text] = fields;
    if (text === undefined || fields.length > 1)
      throw apiError("invalidUpload", { problem: `the upload must have one part ${field}` });
    return { directory, field: text, parts };
  } finally {
    parser.destroy();
    await Promise.allSettled(writes);
  }
}

function multipartParser({ headers }: IncomingMessage, field: string): BusboyInstance {
  const isPartAFile = (name: string | undefined) => name !== field;
  try {
    return new Busboy({ headers: headers as BusboyHeaders, preservePath: true, isPartAFile, limits });
  } catch {
    const problem = `the request must be multipart/form-data with a boundary, not ${JSON.stringify(headers["content-type"] ?? "")}`;
    throw apiError("invalidUpload", { problem });
  }
}

/** By hand and not with a pipeline: that would destroy the connection together with a refused body. */
async function feed(request: IncomingMessage, parser: BusboyInstance): Promise<void> {
  let size = 0;
  for await (const chunk of inTime(request.iterator({ destroyOnReturn: false }), longestSilenceMs, longestMs)) {
    size += (chunk as Buffer).length;
    if (size > largestBody)
      throw apiError("codeTooLarge", { problem: `the upload is larger than ${largestBody} bytes` });
    if (parser.destroyed) return;
    if (!parser.write(chunk)) await once(parser, "drain");
  }
  const finished = once(parser, "finish");
  parser.end();
  await finished;
}

function hasControlCharacter(text: string): boolean {
  return [...text].some((character) => character < " " || character === "\u007f");
}

function nameProblem(name: string | undefined, taken: ReadonlySet<string>): string | undefined {
  if (name === undefined || name === "") return "a part of the upload has no name";
  if (name.length > longestName || hasControlCharacter(name))
    return `part ${JSON.stringify(name.slice(0, 100))}: a name must have at most ${longestName} characters and no control characters`;
  return taken.has(name) ? `the upload has two parts named ${JSON.stringify(name)}` : undefined;
}

async function writePart(
  part: Pick<UploadedPart, "name" | "contentType" | "path">,
  content: Readable,
  directory: string,
): Promise<UploadedPart> {
  const hash = createHash("sha256");
  let size = 0;
  const measured = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  };
  await pipeline(content, measured, createWriteStream(join(directory, part.path)));
  return { ...part, size, sha256: hash.digest("hex") };
}
