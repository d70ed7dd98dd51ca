/** JSON patch (RFC 6902). */

import { isDeepStrictEqual } from "node:util";
import { isJsonObject, ownsField } from "./object.ts";
import { badRequest, unprocessable } from "./status.ts";

interface Operation {
  op: string;
  path: string;
  from?: string;
  value?: unknown;
}

/** Throws 400 for something that is no patch, 422 when an operation does not apply. */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch) || !patch.every(isOperation)) throw badRequest("a JSON patch is a list of operations");
  return patch.reduce(apply, structuredClone(document));
}

function isOperation(value: unknown): value is Operation {
  return isJsonObject(value) && typeof value.op === "string" && typeof value.path === "string";
}

function apply(document: unknown, { op, path, from = "", value }: Operation): unknown {
  switch (op) {
    case "add":
      return add(document, path, value);
    case "remove":
      return remove(document, path);
    case "replace":
      read(document, path);
      return path === "" ? value : add(remove(document, path), path, value);
    case "move": {
      const moved = read(document, from);
      return add(remove(document, from), path, moved);
    }
    case "copy":
      return add(document, path, structuredClone(read(document, from)));
    case "test":
      if (!isDeepStrictEqual(read(document, path), value)) throw unprocessable(`testing path ${path} failed`);
      return document;
    default:
      throw badRequest(`unknown operation ${JSON.stringify(op)} in a JSON patch`);
  }
}

function segments(path: string): string[] {
  if (path !== "" && !path.startsWith("/")) throw badRequest(`${JSON.stringify(path)} is no JSON pointer`);
  return path
    .split("/")
    .slice(1)
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function missing(path: string): Error {
  return unprocessable(`the path ${path} of a JSON patch does not exist`);
}

function read(document: unknown, path: string): unknown {
  return segments(path).reduce((parent: unknown, segment) => {
    if (typeof parent !== "object" || parent === null || !holds(parent, segment)) throw missing(path);
    return (parent as Record<string, unknown>)[segment];
  }, document);
}

/** The object or list that holds the last segment. */
function holder(document: unknown, path: string): { parent: object; last: string } {
  const all = segments(path);
  const parent = read(document, path.slice(0, path.lastIndexOf("/")));
  if (typeof parent !== "object" || parent === null) throw missing(path);
  return { parent, last: all.at(-1) ?? "" };
}

function add(document: unknown, path: string, value: unknown): unknown {
  if (path === "") return value;
  const { parent, last } = holder(document, path);
  if (!Array.isArray(parent)) {
    Object.defineProperty(parent, last, { value, writable: true, enumerable: true, configurable: true });
    return document;
  }
  const index = last === "-" ? parent.length : Number(last);
  if (!/^(-|\d+)$/.test(last) || index > parent.length) throw missing(path);
  parent.splice(index, 0, value);
  return document;
}

function remove(document: unknown, path: string): unknown {
  const { parent, last } = holder(document, path);
  if (!holds(parent, last)) throw missing(path);
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete (parent as Record<string, unknown>)[last];
  return document;
}

function holds(parent: object, segment: string): boolean {
  return Array.isArray(parent) ? /^\d+$/.test(segment) && Number(segment) < parent.length : ownsField(parent, segment);
}
