/** Kubernetes objects of kinds that are only known at run time. */

import { isDeepStrictEqual } from "node:util";
import type { KubernetesObject } from "../../api/resource.ts";

export interface AnyObject extends KubernetesObject {
  [field: string]: unknown;
}

export type JsonRecord = Record<string, unknown>;

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export const deepEqual = isDeepStrictEqual;

/** `ConfigMap demo/settings`: how messages name an object. */
export function describe(object: KubernetesObject): string {
  const { namespace, name } = object.metadata;
  return `${object.kind} ${namespace ? `${namespace}/${name}` : name}`;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
