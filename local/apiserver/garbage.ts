/** Garbage collection: what owner references, namespaces and CRDs take with them when they go. */

import type { OwnerReference } from "../../api/resource.ts";
import { type CustomResourceDefinition, crdFinalizer, crdStorage } from "./crd.ts";
import type { Change } from "./feed.ts";
import { storageName } from "./kind.ts";
import type { ApiObject, ObjectKey } from "./object.ts";
import { isKept, type Objects } from "./objects.ts";
import type { Registry } from "./registry.ts";
import type { Store } from "./store.ts";

const foreground = "foregroundDeletion";
const orphan = "orphan";

/** Objects to examine between two requests, so that a large collection blocks nobody. */
const batch = 50;

/** Runs in the background, beginning with what an earlier process left unfinished; returns how to stop. */
export function startGarbageCollector(store: Store, registry: Registry, objects: Objects): () => void {
  const queue = new Map<string, ObjectKey>();
  let scheduled: NodeJS.Immediate | undefined;

  function enqueue(keys: readonly ObjectKey[]): void {
    for (const key of keys) queue.set(`${key.resource}/${key.namespace}/${key.name}`, key);
    if (queue.size > 0) scheduled ??= setImmediate(work);
  }

  function work(): void {
    scheduled = undefined;
    for (const [id, key] of [...queue].slice(0, batch)) {
      queue.delete(id);
      const object = store.get(key);
      if (object) examine(key, object);
    }
    enqueue([]);
  }

  function examine(key: ObjectKey, object: ApiObject): void {
    if (object.metadata.deletionTimestamp === undefined) return examineOwners(key, object);
    if (key.resource === "namespaces") return emptyNamespace(key, object);
    if (key.resource === crdStorage) emptyResource(key, object as CustomResourceDefinition);
    if (has(object, orphan)) orphanDependents(key, object);
    if (has(object, foreground)) deleteDependents(key, object);
  }

  function remove(key: ObjectKey, propagationPolicy: "Background" | "Foreground" = "Background"): void {
    const kind = registry.stored(key.resource);
    if (kind && store.get(key)) objects.remove(kind, key.namespace, key.name, { propagationPolicy });
  }

  /** An object lives as long as one of its owners does. */
  function examineOwners(key: ObjectKey, object: ApiObject): void {
    const owners = object.metadata.ownerReferences ?? [];
    const states = owners.map((owner) => ownerState(key, owner));
    if (owners.length === 0 || states.every((state) => state === "present")) return;
    if (states.includes("present")) {
      dropOwners(
        key,
        object,
        owners.filter((_, index) => states[index] !== "present"),
      );
    } else {
      const waitsForMe = states.includes("leaving") && store.dependents(object.metadata.uid ?? "").length > 0;
      remove(key, waitsForMe ? "Foreground" : "Background");
    }
  }

  function ownerState(key: ObjectKey, { uid }: OwnerReference): "present" | "leaving" | "absent" {
    const owner = store.find(uid);
    if (owner === undefined || !["", key.namespace].includes(owner.key.namespace)) return "absent";
    return has(owner.object, foreground) ? "leaving" : "present";
  }

  function dropOwners(key: ObjectKey, object: ApiObject, gone: readonly OwnerReference[]): void {
    const { ownerReferences = [], ...metadata } = object.metadata;
    const uids = gone.map(({ uid }) => uid);
    const kept = ownerReferences.filter(({ uid }) => !uids.includes(uid));
    const owners = kept.length > 0 ? { ownerReferences: kept } : {};
    store.put(key, { ...object, metadata: { ...metadata, ...owners } }, object);
  }

  function orphanDependents(key: ObjectKey, owner: ApiObject): void {
    for (const { key: dependent, object, reference } of dependents(owner)) dropOwners(dependent, object, [reference]);
    finish(key, owner, orphan);
  }

  /** The owner stays until all that block its deletion are gone. */
  function deleteDependents(key: ObjectKey, owner: ApiObject): void {
    const children = dependents(owner);
    enqueue(children.map((child) => child.key));
    const blocked = children.some(({ reference }) => reference.blockOwnerDeletion === true);
    if (!blocked) finish(key, store.get(key) ?? owner, foreground);
  }

  function dependents(owner: ApiObject): { key: ObjectKey; object: ApiObject; reference: OwnerReference }[] {
    return store.dependents(owner.metadata.uid ?? "").flatMap((key) => {
      const object = store.get(key);
      const reference = object?.metadata.ownerReferences?.find(({ uid }) => uid === owner.metadata.uid);
      return object && reference ? [{ key, object, reference }] : [];
    });
  }

  function emptyNamespace(key: ObjectKey, namespace: ApiObject): void {
    for (const content of store.contents(key.name)) remove(content);
    if (store.contents(key.name).length > 0) return;
    const released: ApiObject = { ...namespace, spec: {} };
    if (isKept(released)) store.put(key, released, namespace);
    else store.remove(key, released);
  }

  function emptyResource(key: ObjectKey, crd: CustomResourceDefinition): void {
    const resource = storageName({ group: crd.spec.group, plural: crd.spec.names.plural });
    for (const { metadata } of store.list(resource)) {
      remove({ resource, namespace: metadata.namespace ?? "", name: metadata.name });
    }
    if (store.list(resource).length === 0) finish(key, crd, crdFinalizer);
  }

  function finish(key: ObjectKey, object: ApiObject, finalizer: string): void {
    const { finalizers = [], ...metadata } = object.metadata;
    if (!finalizers.includes(finalizer)) return;
    const rest = finalizers.filter((name) => name !== finalizer);
    const released = { ...object, metadata: { ...metadata, ...(rest.length > 0 && { finalizers: rest }) } };
    if (isKept(released)) store.put(key, released, object);
    else store.remove(key, released);
  }

  const unsubscribe = store.feed.subscribe((change) => enqueue(affected(store, registry, change)));
  enqueue(store.unfinished());
  return () => {
    unsubscribe();
    clearImmediate(scheduled);
    queue.clear();
  };
}

function has({ metadata }: ApiObject, finalizer: string): boolean {
  return metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).includes(finalizer);
}

/** What may have to go, or may be free to go, after a change. */
function affected(store: Store, registry: Registry, { type, key, object, previous }: Change): ObjectKey[] {
  const { metadata } = object;
  const self = metadata.ownerReferences || metadata.deletionTimestamp ? [key] : [];
  if (type !== "DELETED") return [...self, ...leavingOwners(store, previous)];
  const kind = registry.stored(key.resource);
  return [
    ...store.dependents(metadata.uid ?? ""),
    ...leavingOwners(store, object),
    ...(key.namespace === "" ? [] : [{ resource: "namespaces", namespace: "", name: key.namespace }]),
    ...(kind?.custom ? [{ resource: crdStorage, namespace: "", name: key.resource }] : []),
  ];
}

/** Owners that may be waiting for this object. */
function leavingOwners(store: Store, object: ApiObject | undefined): ObjectKey[] {
  return (object?.metadata.ownerReferences ?? []).flatMap(({ uid }) => {
    const owner = store.find(uid);
    return owner && has(owner.object, foreground) ? [owner.key] : [];
  });
}
