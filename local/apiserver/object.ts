/** Objects as the API server holds them: the raw JSON of the wire, whatever the kind. */

import type { KubernetesObject } from "../../api/resource.ts";

export type JsonObject = Record<string, unknown>;

export type ApiObject = KubernetesObject & JsonObject;

/** Where an object lives. */
export interface ObjectKey {
  /** Plural and group, `workeraccounts.api.cf-worker`; just the plural for the core group. */
  readonly resource: string;
  /** `""` for cluster-scoped objects. */
  readonly namespace: string;
  readonly name: string;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value behind a chain of field names, `undefined` where it ends early. */
export function fieldAt(value: unknown, ...path: string[]): unknown {
  return path.reduce((parent: unknown, field) => (isJsonObject(parent) ? parent[field] : undefined), value);
}

/** The list behind a chain of field names; anything else counts as an empty one. */
export function listAt(value: unknown, ...path: string[]): unknown[] {
  const list = fieldAt(value, ...path);
  return Array.isArray(list) ? list : [];
}

export function ownsField(object: object, field: string): boolean {
  return Object.hasOwn(object, field);
}
