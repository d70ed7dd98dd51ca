/**
 * Dynamic apply: Metacontroller's three-way merge of what is observed, what was applied last, and what is desired.
 * Fields that only others set stay; fields that were applied and are no longer desired go.
 */

import type { KubernetesObject } from "../../api/resource.ts";
import { type AnyObject, isRecord, type JsonRecord } from "./json.ts";

export const lastAppliedAnnotation = "metacontroller.k8s.io/last-applied-configuration";

/** The object to store. Deeply equal to `observed` when nothing has to change. */
export function merged(observed: AnyObject, desired: AnyObject): AnyObject {
  const result = mergeRecords(observed, lastApplied(observed), desired);
  return withLastApplied(keepServerFields(result as AnyObject, observed), desired);
}

/** The object with `desired` recorded as what was applied. */
export function withLastApplied(object: AnyObject, desired: AnyObject): AnyObject {
  const annotations = { ...object.metadata.annotations, [lastAppliedAnnotation]: canonicalJson(desired) };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

function lastApplied(object: KubernetesObject): JsonRecord {
  const text = object.metadata.annotations?.[lastAppliedAnnotation];
  if (text === undefined) return {};
  const value: unknown = JSON.parse(text);
  return isRecord(value) ? value : {};
}

const serverMetadata = [
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "managedFields",
  "selfLink",
];

/** A parent cannot set what the API server or the child's own controller sets. */
function keepServerFields(object: AnyObject, observed: AnyObject): AnyObject {
  const metadata = revert(object.metadata, observed.metadata, serverMetadata);
  return revert({ ...object, metadata }, observed, ["status"]) as AnyObject;
}

function revert<T extends object>(object: T, original: object, fields: string[]): T {
  const kept = Object.entries(object).filter(([field]) => !fields.includes(field));
  const originals = Object.entries(original).filter(([field]) => fields.includes(field));
  return Object.fromEntries([...kept, ...originals]) as T;
}

function merge(observed: unknown, applied: unknown, desired: unknown): unknown {
  if (isRecord(observed) && (isRecord(desired) || desired === null)) {
    return mergeRecords(observed, isRecord(applied) ? applied : {}, desired ?? {});
  }
  if (Array.isArray(observed) && (Array.isArray(desired) || desired === null)) {
    return mergeLists(observed, Array.isArray(applied) ? applied : [], desired);
  }
  return desired;
}

function mergeRecords(observed: JsonRecord, applied: JsonRecord, desired: JsonRecord): JsonRecord {
  const withdrawn = (field: string) => Object.hasOwn(applied, field) && !Object.hasOwn(desired, field);
  const kept = Object.entries(observed).filter(([field]) => !withdrawn(field));
  const wanted = Object.entries(desired).map(([field, value]) => [
    field,
    merge(observed[field], applied[field], value),
  ]);
  return Object.fromEntries([...kept, ...wanted]);
}

/** A list whose items all have such a field is merged by it, the first one that fits; any other list is replaced. */
const mergeKeys = ["containerPort", "port", "mountPath", "name", "uid", "ip", "path"];

function mergeLists(observed: unknown[], applied: unknown[], desired: unknown[] | null): unknown[] | null {
  const key = commonMergeKey([...observed, ...applied, ...(desired ?? [])]);
  if (key === undefined) return desired;
  const byKey = (items: unknown[]) =>
    Object.fromEntries(items.filter(isRecord).map((item) => [String(item[key]), item]));
  // Object.fromEntries keeps the order of insertion only for keys that are no integers, so the order comes from a Map.
  const result = mergeRecords(byKey(observed), byKey(applied), byKey(desired ?? []));
  const order = new Set([...observed, ...(desired ?? [])].filter(isRecord).map((item) => String(item[key])));
  return [...order].filter((id) => Object.hasOwn(result, id)).map((id) => result[id]);
}

function commonMergeKey(items: unknown[]): string | undefined {
  if (items.length === 0 || !items.every(isRecord)) return undefined;
  return mergeKeys.find((key) => items.every((item) => Object.hasOwn(item, key)));
}

/** As Go prints it: sorted keys, HTML characters escaped; so that the driver and Metacontroller write the same. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part) => (isRecord(part) ? sorted(part) : part)).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function sorted(record: JsonRecord): JsonRecord {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
