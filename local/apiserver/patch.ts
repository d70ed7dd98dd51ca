/** The patch formats that are understood, by their media type. */

import { applyJsonPatch } from "./json-patch.ts";
import type { Kind } from "./kind.ts";
import { isJsonObject } from "./object.ts";
import { unsupportedMediaType } from "./status.ts";

export type Patch = (current: unknown) => unknown;

/** Throws 415 for a format that is not understood, 400 or 422 for a patch that cannot be applied. */
export function patchOf(mediaType: string, body: unknown, kind: Kind): Patch {
  switch (mediaType) {
    case "application/merge-patch+json":
      return (current) => merge(current, body);
    case "application/json-patch+json":
      return (current) => applyJsonPatch(current, body);
    case "application/strategic-merge-patch+json":
      return strategicMerge(body, kind);
    case "application/apply-patch+yaml":
    case "application/apply-patch+cbor":
      throw unsupportedMediaType(
        "server-side apply is not supported by this API server: use kubectl apply without --server-side",
      );
    default:
      throw unsupportedMediaType(
        `the body of the request was in an unknown format - accepted media types include: ${patchTypes(kind).join(", ")}`,
      );
  }
}

function patchTypes({ custom }: Kind): string[] {
  const common = ["application/json-patch+json", "application/merge-patch+json"];
  return custom ? common : [...common, "application/strategic-merge-patch+json"];
}

/** JSON merge patch (RFC 7386): null removes, lists are replaced. */
export function merge(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const result = isJsonObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else Object.defineProperty(result, name, { value: merge(result[name], value), ...plain });
  }
  return result;
}

/** `__proto__` is a field like any other. */
const plain = { writable: true, enumerable: true, configurable: true };

/** Without lists and directives a strategic merge patch is a merge patch; how to merge lists is not known here. */
function strategicMerge(body: unknown, kind: Kind): Patch {
  if (kind.custom) {
    throw unsupportedMediaType(
      `the body of the request was in an unknown format - accepted media types include: ${patchTypes(kind).join(", ")}`,
    );
  }
  if (hasLists(body)) {
    throw unsupportedMediaType(
      "strategic merge patches with lists are not supported by this API server: use kubectl patch --type merge or kubectl replace",
    );
  }
  return (current) => merge(current, body);
}

function hasLists(value: unknown): boolean {
  if (Array.isArray(value)) return true;
  return isJsonObject(value) && Object.entries(value).some(([name, field]) => name === "$patch" || hasLists(field));
}
