/** GET content: the modules of a version as they were uploaded. wrangler up to 4.86 uploads them again with other secrets. */

import { randomUUID } from "node:crypto";
import type { CodeModule } from "../../api/workers/code.ts";
import type { BlobStore, BlobStream } from "../../stores/blob.ts";
import type { ScriptCall } from "./call.ts";
import { readCode } from "./code.ts";
import type { RawAnswer } from "./envelope.ts";
import { contentTypeOf } from "./modules.ts";
import { requireScript } from "./scripts.ts";
import { headVersionName } from "./services.ts";
import { requireVersion } from "./versions.ts";

/** The version of the query, or the one that should serve. */
export async function getContent(call: ScriptCall): Promise<RawAnswer> {
  const script = await requireScript(call);
  const version = await requireVersion(call, script, call.query.get("version") ?? headVersionName(script) ?? "");
  const { modules, mainModule } = await readCode(call, version);
  const { blobs } = call.platform;
  const open = ({ path }: CodeModule) => opened(`${version.spec.url}/${path}`, blobs);
  const boundary = `octoplane-${randomUUID()}`;
  return {
    headers: { "Content-Type": `multipart/form-data; boundary=${boundary}`, "cf-entrypoint": headerText(mainModule) },
    body: form(modules, open, boundary),
  };
}

/** Header fields hold ASCII only. */
function headerText(name: string): string {
  return /^[\x20-\x7e]+$/.test(name) ? name : encodeURI(name);
}

async function opened(key: string, blobs: BlobStore): Promise<BlobStream> {
  const blob = await blobs.open(key);
  if (blob === undefined) throw new Error(`blob ${key} is gone`);
  return blob;
}

/** One module after the other, as they come from the store: a version's code is as large as an upload. */
async function* form(
  modules: readonly CodeModule[],
  open: (module: CodeModule) => Promise<BlobStream>,
  boundary: string,
): AsyncGenerator<Uint8Array> {
  for (const module of modules) {
    const { chunks } = await open(module);
    yield Buffer.from(`--${boundary}\r\n${partHead(module)}\r\n\r\n`);
    yield* chunks;
    yield Buffer.from("\r\n");
  }
  yield Buffer.from(`--${boundary}--\r\n`);
}

/** Names are escaped as browsers and fetch do. */
function partHead({ name, type }: CodeModule): string {
  const escaped = name.replaceAll('"', "%22").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  const disposition = `Content-Disposition: form-data; name="${escaped}"; filename="${escaped}"`;
  return `${disposition}\r\nContent-Type: ${contentTypeOf(type)}`;
}
