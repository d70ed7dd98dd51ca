/** GET content: the modules of a version as they were uploaded. wrangler up to 4.86 uploads them again with other secrets. */

import type { CodeModule, WorkerCode } from "../../api/workers/code.ts";
import type { BlobStore } from "../../stores/blob.ts";
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
  const code = await readCode(call, version);
  const response = new Response(await formOf(code, version.spec.url, call.platform.blobs));
  return {
    headers: {
      "Content-Type": response.headers.get("content-type") ?? "",
      "cf-entrypoint": headerText(code.mainModule),
    },
    body: Buffer.from(await response.arrayBuffer()),
  };
}

/** Header fields hold ASCII only. */
function headerText(name: string): string {
  return /^[\x20-\x7e]+$/.test(name) ? name : encodeURI(name);
}

async function formOf({ modules }: WorkerCode, url: string, blobs: BlobStore): Promise<FormData> {
  const form = new FormData();
  for (const module of modules) form.set(module.name, await fileOf(module, url, blobs), module.name);
  return form;
}

async function fileOf({ name, path, type }: CodeModule, url: string, blobs: BlobStore): Promise<File> {
  const bytes = await blobs.get(`${url}/${path}`);
  if (bytes === undefined) throw new Error(`blob ${url}/${path} is gone`);
  return new File([new Uint8Array(bytes)], name, { type: contentTypeOf(type) });
}
