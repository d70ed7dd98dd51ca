/** Small steps of defaulting: each leaves what is there as it is. */

import { isJsonObject, type JsonObject } from "./object.ts";

/** The object in a field, if there is one. */
export function part(object: JsonObject, field: string): JsonObject | undefined {
  return isJsonObject(object[field]) ? object[field] : undefined;
}

/** The objects of a list, if it is one. */
export function objects(list: unknown): JsonObject[] {
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}

/** The object in a field, made when it is missing, with what it lacks. */
export function fill(object: JsonObject, field: string, values: JsonObject): JsonObject {
  const existing = part(object, field) ?? {};
  object[field] = existing;
  setMissing(existing, values);
  return existing;
}

export function setMissing(object: JsonObject, values: JsonObject): void {
  for (const [name, value] of Object.entries(values)) if (value !== undefined) object[name] ??= value;
}
