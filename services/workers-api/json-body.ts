/** JSON bodies, whatever content type they come under: wrangler sends some as text/plain. */

import type { Static, TSchema } from "typebox";
import type { Call } from "./call.ts";
import { apiError } from "./errors.ts";
import { check } from "./schema.ts";

const largestJson = 2 * 2 ** 20;
/** Deeper values would overflow the stack of whatever walks through them. */
const deepest = 64;

async function readText(call: Call, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of call.request) {
    size += (chunk as Buffer).length;
    if (size > limit) throw apiError("bodyTooLarge", { limit });
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** @throws ApiError `invalidRequest` */
export function parseJson(text: string, what: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw apiError("invalidRequest", { problem: `${what} is not JSON: ${(error as Error).message.slice(0, 200)}` });
  }
  if (isDeeper(value, deepest))
    throw apiError("invalidRequest", { problem: `${what} is nested deeper than ${deepest} levels` });
  return value;
}

/** Level by level, since a hostile value is deeper than any stack. */
function isDeeper(value: unknown, limit: number): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return true;
    level = level.flatMap((each) => (typeof each === "object" && each !== null ? Object.values(each) : []));
  }
  return false;
}

/** The body, checked against a schema. An empty body counts as `{}`. */
export async function readJson<S extends TSchema>(call: Call, schema: S): Promise<Static<S>> {
  const text = await readText(call, largestJson);
  return check(schema, text.trim() === "" ? {} : parseJson(text, "the request body"), "", "invalidRequest");
}
