/** The difference between observed and desired children, as writes. Pure. */

import { apiVersionOf, type KubernetesObject, type OwnerReference, type Resource } from "../../api/resource.ts";
import { merged, withLastApplied } from "./apply.ts";
import type { ChildRule } from "./definition.ts";
import type { ObjectMap } from "./desired.ts";
import { type AnyObject, deepEqual } from "./json.ts";
import { groupKey } from "./keys.ts";

export interface Write {
  type: "create" | "update" | "delete";
  resource: Resource;
  /** What to store, or what to delete. */
  object: AnyObject;
}

/** Deletions come first. Objects that are being deleted are left alone, whatever is desired. */
export function childWrites(
  rules: ChildRule[],
  observed: ObjectMap,
  desired: ObjectMap,
  owner: OwnerReference,
): Write[] {
  const groups = rules.map((rule) => {
    const key = groupKey(rule.resource);
    return { rule, observed: observed.get(key) ?? new Map(), desired: desired.get(key) ?? new Map() };
  });
  const deletions = groups.flatMap(({ rule, ...group }) => unwanted(rule, group.observed, group.desired));
  const updates = groups.flatMap(({ rule, ...group }) => changed(rule, group.observed, group.desired, owner));
  return [...deletions, ...updates];
}

type Objects = Map<string, AnyObject>;

function unwanted({ resource }: ChildRule, observed: Objects, desired: Objects): Write[] {
  return [...observed]
    .filter(([id, object]) => !desired.has(id) && !isTerminating(object))
    .map(([, object]) => ({ type: "delete", resource, object }));
}

function changed(rule: ChildRule, observed: Objects, desired: Objects, owner: OwnerReference): Write[] {
  return [...desired].flatMap(([id, wanted]) => {
    const existing = observed.get(id);
    return existing === undefined ? [creation(rule.resource, wanted, owner)] : update(rule, existing, wanted);
  });
}

function creation(resource: Resource, wanted: AnyObject, owner: OwnerReference): Write {
  const object = withLastApplied(wanted, wanted);
  const ownerReferences = [...(wanted.metadata.ownerReferences ?? []), owner];
  return { type: "create", resource, object: { ...object, metadata: { ...object.metadata, ownerReferences } } };
}

function update({ resource, method }: ChildRule, existing: AnyObject, wanted: AnyObject): Write[] {
  if (method === "OnDelete" || isTerminating(existing)) return [];
  const object = merged(existing, wanted);
  if (deepEqual(object, existing)) return [];
  return method === "InPlace"
    ? [{ type: "update", resource, object }]
    : [{ type: "delete", resource, object: existing }];
}

export function isTerminating(object: KubernetesObject): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

export function ownerReference(parent: KubernetesObject, resource: Resource): OwnerReference {
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    name: parent.metadata.name,
    uid: parent.metadata.uid ?? "",
    controller: true,
    blockOwnerDeletion: true,
  };
}
