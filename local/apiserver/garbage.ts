/** Garbage collection: a queue of the objects that a change may take with it. */

import { examine, isWaiting, type World } from "./collection.ts";
import { crdStorage } from "./crd.ts";
import type { Change } from "./feed.ts";
import type { ApiObject, ObjectKey } from "./object.ts";
import type { Objects } from "./objects.ts";
import type { Registry } from "./registry.ts";
import type { Store } from "./store.ts";

/** Objects that are examined between two requests, so that a large collection blocks nobody. */
const batch = 50;

/** Runs in the background, beginning with what an earlier process left unfinished; returns how to stop. */
export function startGarbageCollector(store: Store, registry: Registry, objects: Objects): () => void {
  const queue = new Map<string, ObjectKey>();
  let scheduled: NodeJS.Immediate | undefined;

  function enqueue(keys: readonly ObjectKey[]): void {
    for (const key of keys) queue.set(`${key.resource}/${key.namespace}/${key.name}`, key);
    if (queue.size > 0) scheduled ??= setImmediate(work);
  }

  const world: World = { store, registry, objects, enqueue };

  function work(): void {
    scheduled = undefined;
    for (const [id, key] of [...queue.entries().take(batch)]) {
      queue.delete(id);
      examine(world, key);
    }
    enqueue([]);
  }

  const unsubscribe = store.feed.subscribe((change) => enqueue(affected(world, change)));
  enqueue(store.unfinished());
  return () => {
    unsubscribe();
    clearImmediate(scheduled);
  };
}

/** What may have to go, or may be free to go, after a change. */
function affected(world: World, { type, key, object, previous }: Change): ObjectKey[] {
  const { store, registry } = world;
  const { metadata } = object;
  if (type !== "DELETED") {
    const self = metadata.ownerReferences || metadata.deletionTimestamp ? [key] : [];
    return [...self, ...waitingOwners(store, previous)];
  }
  return [
    ...store.dependents(metadata.uid ?? ""),
    ...waitingOwners(store, object),
    ...(key.namespace === "" ? [] : [{ resource: "namespaces", namespace: "", name: key.namespace }]),
    ...(registry.stored(key.resource)?.custom ? [{ resource: crdStorage, namespace: "", name: key.resource }] : []),
  ];
}

function waitingOwners(store: Store, object: ApiObject | undefined): ObjectKey[] {
  return (object?.metadata.ownerReferences ?? []).flatMap(({ uid }) => {
    const owner = store.find(uid);
    return owner && isWaiting(owner.object) ? [owner.key] : [];
  });
}
