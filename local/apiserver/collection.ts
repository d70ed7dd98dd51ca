/** What has to be done about one object whose owners, namespace or CRD go, or which is going itself. */

import type { OwnerReference } from "../../api/resource.ts";
import { type CustomResourceDefinition, crdFinalizer, crdStorage } from "./crd.ts";
import { isKept } from "./deletion.ts";
import { storageName } from "./kind.ts";
import type { ApiObject, ObjectKey } from "./object.ts";
import type { Objects } from "./objects.ts";
import type { Registry } from "./registry.ts";
import type { Store } from "./store.ts";

export interface World {
  readonly store: Store;
  readonly registry: Registry;
  readonly objects: Objects;
  /** Examines these objects soon. */
  enqueue(keys: readonly ObjectKey[]): void;
}

const foreground = "foregroundDeletion";
const orphan = "orphan";

export function examine(world: World, key: ObjectKey): void {
  const object = world.store.get(key);
  if (object === undefined) return;
  if (object.metadata.deletionTimestamp === undefined) examineOwners(world, key, object);
  else finishDeletion(world, key, object);
}

/** Whether an owner waits for what it owns to be gone first. */
export function isWaiting(owner: ApiObject): boolean {
  return isBeingDeleted(owner, foreground);
}

function isBeingDeleted({ metadata }: ApiObject, finalizer: string): boolean {
  return metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).includes(finalizer);
}

/** An object lives as long as one of its owners does. */
function examineOwners(world: World, key: ObjectKey, object: ApiObject): void {
  const owners = object.metadata.ownerReferences ?? [];
  const states = owners.map((owner) => ownerState(world, key, owner));
  if (states.every((state) => state === "present")) return;
  if (states.includes("present")) {
    const gone = owners.filter((_, index) => states[index] !== "present");
    dropOwners(world, key, object, gone);
  } else {
    const isWaitedFor = states.includes("waiting") && world.store.dependents(object.metadata.uid ?? "").length > 0;
    remove(world, key, isWaitedFor ? "Foreground" : "Background");
  }
}

function ownerState({ store }: World, key: ObjectKey, { uid }: OwnerReference): "present" | "waiting" | "absent" {
  const owner = store.find(uid);
  if (owner === undefined || !["", key.namespace].includes(owner.key.namespace)) return "absent";
  return isWaiting(owner.object) ? "waiting" : "present";
}

function finishDeletion(world: World, key: ObjectKey, object: ApiObject): void {
  if (key.resource === "namespaces") emptyNamespace(world, key, object);
  else if (key.resource === crdStorage) emptyResource(world, key, object as CustomResourceDefinition);
  else if (isBeingDeleted(object, orphan)) orphanDependents(world, key, object);
  else if (isWaiting(object)) deleteDependents(world, key, object);
}

function orphanDependents(world: World, key: ObjectKey, owner: ApiObject): void {
  for (const { key: dependent, object, reference } of dependents(world, owner)) {
    dropOwners(world, dependent, object, [reference]);
  }
  release(world, key, owner, orphan);
}

/** The owner stays until all that block its deletion are gone. */
function deleteDependents(world: World, key: ObjectKey, owner: ApiObject): void {
  const children = dependents(world, owner);
  world.enqueue(children.map((child) => child.key));
  const isBlocked = children.some(({ reference }) => reference.blockOwnerDeletion === true);
  if (!isBlocked) release(world, key, owner, foreground);
}

function emptyNamespace(world: World, key: ObjectKey, namespace: ApiObject): void {
  const { store } = world;
  for (const content of store.contents(key.name)) remove(world, content);
  if (store.contents(key.name).length === 0) settle(world, key, namespace, { ...namespace, spec: {} });
}

function emptyResource(world: World, key: ObjectKey, crd: CustomResourceDefinition): void {
  const { store } = world;
  const resource = storageName({ group: crd.spec.group, plural: crd.spec.names.plural });
  for (const { metadata } of store.list(resource)) {
    remove(world, { resource, namespace: metadata.namespace ?? "", name: metadata.name });
  }
  if (store.list(resource).length === 0) release(world, key, crd, crdFinalizer);
}

interface Dependent {
  key: ObjectKey;
  object: ApiObject;
  reference: OwnerReference;
}

function dependents({ store }: World, { metadata }: ApiObject): Dependent[] {
  return store.dependents(metadata.uid ?? "").flatMap((key) => {
    const object = store.get(key);
    const reference = object?.metadata.ownerReferences?.find(({ uid }) => uid === metadata.uid);
    return object && reference ? [{ key, object, reference }] : [];
  });
}

function remove({ store, registry, objects }: World, key: ObjectKey, propagationPolicy?: "Background" | "Foreground") {
  const kind = registry.stored(key.resource);
  if (kind && store.get(key)) objects.remove(kind, key.namespace, key.name, { propagationPolicy });
}

function dropOwners({ store }: World, key: ObjectKey, object: ApiObject, gone: readonly OwnerReference[]): void {
  const { ownerReferences = [], ...metadata } = object.metadata;
  const kept = ownerReferences.filter(({ uid }) => !gone.some((owner) => owner.uid === uid));
  const owners = kept.length > 0 ? { ownerReferences: kept } : {};
  store.put(key, { ...object, metadata: { ...metadata, ...owners } }, object);
}

function release(world: World, key: ObjectKey, object: ApiObject, finalizer: string): void {
  const { finalizers = [], ...metadata } = object.metadata;
  if (!finalizers.includes(finalizer)) return;
  const rest = finalizers.filter((name) => name !== finalizer);
  settle(world, key, object, { ...object, metadata: { ...metadata, ...(rest.length > 0 && { finalizers: rest }) } });
}

/** Stores an object that is being deleted with one reason less to stay, or lets it go. */
function settle({ store }: World, key: ObjectKey, previous: ApiObject, object: ApiObject): void {
  if (!isKept(object)) store.remove(key, object);
  else if (store.get(key) !== undefined) store.put(key, object, previous);
}
