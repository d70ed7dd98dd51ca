/** Request bodies: JSON, up to a limit. */

import type { IncomingMessage } from "node:http";
import { mediaType } from "./media-type.ts";
import { badRequest, tooLarge, unsupportedMediaType } from "./status.ts";

/** In bytes. */
export const bodyLimit = 8 * 1024 * 1024;

export interface Body {
  /** Lower case, without parameters. */
  readonly type: string;
  /** `undefined` when there was no body. */
  readonly content: unknown;
}

/** Throws 413 above the limit, 415 for anything but JSON, 400 for broken JSON. */
export async function readBody(request: IncomingMessage): Promise<Body> {
  const { type } = mediaType(request.headers["content-type"] ?? "application/json");
  const bytes = await collect(request);
  if (bytes.length === 0) return { type, content: undefined };
  if (!/^application\/(json|[a-z-]+\+json)$|^\*\/\*$/.test(type)) throw notJson(type);
  try {
    return { type, content: JSON.parse(bytes.toString("utf8")) };
  } catch (error) {
    throw badRequest(`the body of the request is no JSON: ${(error as Error).message}`);
  }
}

function notJson(type: string): Error {
  if (type.startsWith("application/apply-patch")) {
    return unsupportedMediaType(
      "server-side apply is not supported by this API server: use kubectl apply without --server-side",
    );
  }
  if (type === "application/vnd.kubernetes.protobuf") {
    return unsupportedMediaType(
      "protobuf is not supported by this API server: instead of kubectl create <kind>, " +
        "use kubectl create <kind> --dry-run=client -o yaml | kubectl apply -f -",
    );
  }
  return unsupportedMediaType(
    `the body of the request was in an unknown format (${type}) - accepted media types include: application/json`,
  );
}

async function collect(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers["content-length"] ?? 0) > bodyLimit) throw tooLarge(bodyLimit);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyLimit) throw tooLarge(bodyLimit);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
