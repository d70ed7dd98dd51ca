/** `metadata`: which fields it has, what clients may say in it, and what only the server sets. */

import { randomUUID } from "node:crypto";
import type { ObjectMeta, OwnerReference } from "../../api/resource.ts";
import { forbiddenField, invalidValue, required } from "./field-error.ts";
import type { Kind } from "./kind.ts";
import { labelValueProblems, nameProblems, qualifiedNameProblems } from "./name.ts";
import { type ApiObject, isJsonObject, ownsField } from "./object.ts";
import { badRequest, type StatusCause } from "./status.ts";

/** What clients may say in `metadata`. */
export type WantedMetadata = ObjectMeta & { generateName?: string };

type Check = (value: unknown) => boolean;

const isString: Check = (value) => typeof value === "string";
const isNumber: Check = (value) => typeof value === "number";
const isStringMap: Check = (value) => isJsonObject(value) && Object.values(value).every(isString);
const isStringList: Check = (value) => Array.isArray(value) && value.every(isString);
const isOwnerList: Check = (value) => Array.isArray(value) && value.every(isJsonObject);

/** Every field of ObjectMeta; `managedFields` and `selfLink` are accepted and dropped. */
const fields: Record<string, { check: Check; type: string; dropped?: true }> = {
  name: { check: isString, type: "string" },
  generateName: { check: isString, type: "string" },
  namespace: { check: isString, type: "string" },
  uid: { check: isString, type: "string" },
  resourceVersion: { check: isString, type: "string" },
  generation: { check: isNumber, type: "integer" },
  creationTimestamp: { check: isString, type: "string" },
  deletionTimestamp: { check: isString, type: "string" },
  deletionGracePeriodSeconds: { check: isNumber, type: "integer" },
  labels: { check: isStringMap, type: "map of strings" },
  annotations: { check: isStringMap, type: "map of strings" },
  ownerReferences: { check: isOwnerList, type: "list of objects" },
  finalizers: { check: isStringList, type: "list of strings" },
  managedFields: { check: () => true, type: "list", dropped: true },
  selfLink: { check: () => true, type: "string", dropped: true },
};

/**
 * Metadata as clients sent it, without what is empty or unknown; `unknown` collects the paths of the latter.
 * Throws 400 where a field has the wrong type, as decoding does in the real server.
 */
export function readMetadata(value: unknown, unknown: string[]): WantedMetadata {
  const wanted = value ?? {};
  if (!isJsonObject(wanted)) throw badRequest("metadata must be an object");
  unknown.push(
    ...Object.keys(wanted)
      .filter((name) => !ownsField(fields, name))
      .map((name) => `metadata.${name}`),
  );
  const known = Object.entries(wanted).filter(([name, content]) => isKept(name) && isWorthKeeping(content));
  for (const [name, content] of known) {
    if (!fields[name]?.check(content)) throw badRequest(`metadata.${name} must be a ${fields[name]?.type}`);
  }
  return { name: "", ...Object.fromEntries(known) };
}

function isKept(name: string): boolean {
  return ownsField(fields, name) && fields[name]?.dropped === undefined;
}

function isWorthKeeping(content: unknown): boolean {
  if (content === null || content === "") return false;
  return typeof content !== "object" || Object.keys(content).length > 0;
}

/** The metadata of a new object: identity from the server, wishes from the client. */
export function newMetadata(kind: Kind, wanted: WantedMetadata, now: Date): ObjectMeta {
  const { name, generateName, namespace, labels, annotations, ownerReferences, finalizers } = wanted;
  return {
    name,
    ...(generateName !== undefined && { generateName }),
    ...(namespace !== undefined && { namespace }),
    uid: randomUUID(),
    ...(kind.generation !== "none" && { generation: 1 }),
    creationTimestamp: timestamp(now),
    ...(labels && { labels }),
    ...(annotations && { annotations }),
    ...(ownerReferences && { ownerReferences }),
    ...(finalizers && { finalizers }),
  };
}

/** The metadata of a changed object: what is the server's stays as it was. */
export function changedMetadata(wanted: ObjectMeta, previous: ObjectMeta): ObjectMeta {
  const { labels, annotations, ownerReferences, finalizers } = wanted;
  const { labels: _labels, annotations: _notes, ownerReferences: _owners, finalizers: _finalizers, ...kept } = previous;
  return {
    ...kept,
    ...(labels && { labels }),
    ...(annotations && { annotations }),
    ...(ownerReferences && { ownerReferences }),
    ...(finalizers && { finalizers }),
  };
}

export function metadataProblems(kind: Kind, { metadata }: ApiObject, previous?: ApiObject): StatusCause[] {
  return [
    ...(previous === undefined ? nameProblems(metadata.name, kind.nameRule) : []),
    ...labelProblems(metadata),
    ...annotationProblems(metadata),
    ...ownerProblems(metadata.ownerReferences ?? []),
    ...(metadata.finalizers ?? []).flatMap((name) => qualifiedNameProblems(name, "metadata.finalizers")),
    ...(kind.custom ? [] : unqualifiedFinalizers(metadata.finalizers ?? [])),
    ...lateFinalizers(metadata, previous?.metadata),
  ];
}

function labelProblems({ labels = {} }: ObjectMeta): StatusCause[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...qualifiedNameProblems(key, "metadata.labels"),
    ...labelValueProblems(value, "metadata.labels"),
  ]);
}

const annotationLimit = 256 * 1024;

function annotationProblems({ annotations = {} }: ObjectMeta): StatusCause[] {
  const size = Object.entries(annotations).reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  const keys = Object.keys(annotations).flatMap((key) =>
    qualifiedNameProblems(key.toLowerCase(), "metadata.annotations"),
  );
  if (size <= annotationLimit) return keys;
  const message = `Too long: may not be more than ${annotationLimit} bytes`;
  return [...keys, { reason: "FieldValueTooLong", message, field: "metadata.annotations" }];
}

function ownerProblems(owners: readonly OwnerReference[]): StatusCause[] {
  const field = "metadata.ownerReferences";
  const missing = owners.flatMap((owner, index) =>
    (["apiVersion", "kind", "name", "uid"] as const)
      .filter((part) => !owner[part])
      .map((part) => required(`${field}[${index}].${part}`, `${part} must not be empty`)),
  );
  const [first, second] = owners.filter((owner) => owner.controller);
  if (first === undefined || second === undefined) return missing;
  const detail =
    `Only one reference can have Controller set to true. Found "true" in references for ` +
    `${first.kind}/${first.name} and ${second.kind}/${second.name}`;
  return [...missing, invalidValue(field, owners, detail)];
}

const standardFinalizers = ["foregroundDeletion", "kubernetes", "orphan"];

function unqualifiedFinalizers(finalizers: readonly string[]): StatusCause[] {
  const detail = "name is neither a standard finalizer name nor is it fully qualified";
  return finalizers.flatMap((name, index) =>
    name.includes("/") || standardFinalizers.includes(name)
      ? []
      : [invalidValue(`metadata.finalizers[${index}]`, name, detail)],
  );
}

function lateFinalizers(metadata: ObjectMeta, previous: ObjectMeta | undefined): StatusCause[] {
  if (previous?.deletionTimestamp === undefined) return [];
  const late = (metadata.finalizers ?? []).filter((name) => !previous.finalizers?.includes(name));
  if (late.length === 0) return [];
  const names = `[]string{${late.map((name) => JSON.stringify(name)).join(", ")}}`;
  const detail = `no new finalizers can be added if the object is being deleted, found new finalizers ${names}`;
  return [forbiddenField("metadata.finalizers", detail)];
}

/** Kubernetes' clock has whole seconds. */
export function timestamp(now: Date): string {
  return now.toISOString().replace(/\.\d+Z$/, "Z");
}

/** Counts a change of what is wanted, where that is counted. */
export function bumpGeneration({ metadata }: ApiObject): void {
  if (metadata.generation !== undefined) metadata.generation += 1;
}
