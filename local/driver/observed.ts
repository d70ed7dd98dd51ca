/** The driver's caches: one per resource, shared by all controllers, indexed by owner. */

import type { KubernetesObject, OwnerReference, Resource } from "../../api/resource.ts";
import { type Cache, cache } from "../../kubernetes/cache.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { idOf, resourceName } from "./keys.ts";
import type { Log } from "./log.ts";

export interface OwnedCache extends Cache<KubernetesObject> {
  ownedBy(uid: string): KubernetesObject[];
  /** Objects without a controller: of one namespace, or of all. */
  orphans(namespace: string | undefined): KubernetesObject[];
}

export interface Observed {
  /** Starts watching on first use; the caller awaits `ready`. Watches last until `close`. */
  of(resource: Resource): OwnedCache;
  close(): void;
}

export function observed(client: KubernetesClient, log: Log): Observed {
  const caches = new Map<string, OwnedCache>();

  return {
    of(resource) {
      const key = resourceName(resource);
      const existing = caches.get(key);
      if (existing !== undefined) return existing;
      const onError = (error: unknown) => log("warn", `cannot watch ${key}`, { err: error });
      const fresh = indexed(cache<KubernetesObject>(client, resource, { onError }));
      caches.set(key, fresh);
      return fresh;
    },
    close() {
      for (const each of caches.values()) each.close();
    },
  };
}

/** Waits for the first list; a kind that cannot be listed becomes an error instead of a standstill. */
export async function loaded(cached: OwnedCache, what: string): Promise<void> {
  await cached.waitFor(() => true, { timeoutMs: loadTimeoutMs, what: `the first list of ${what}` });
}

const loadTimeoutMs = 10_000;

export function controllerOf(object: KubernetesObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller);
}

function indexed(source: Cache<KubernetesObject>): OwnedCache {
  const owned = bucketIndex();
  const orphaned = bucketIndex();

  source.onChange((type, object, old) => {
    if (old !== undefined) forget(old);
    if (type === "DELETED") forget(object);
    else place(object);
  });

  function place(object: KubernetesObject): void {
    const owner = controllerOf(object);
    if (owner === undefined) orphaned.put(object.metadata.namespace ?? "", object);
    else owned.put(owner.uid, object);
  }

  function forget(object: KubernetesObject): void {
    const owner = controllerOf(object);
    if (owner === undefined) orphaned.remove(object.metadata.namespace ?? "", object);
    else owned.remove(owner.uid, object);
  }

  return {
    ...source,
    ownedBy: (uid) => owned.of(uid),
    orphans: (namespace) => (namespace === undefined ? orphaned.all() : orphaned.of(namespace)),
  };
}

function bucketIndex() {
  const buckets = new Map<string, Map<string, KubernetesObject>>();

  return {
    put(key: string, object: KubernetesObject): void {
      const bucket = buckets.get(key) ?? new Map();
      buckets.set(key, bucket.set(idOf(object), object));
    },
    remove(key: string, object: KubernetesObject): void {
      const bucket = buckets.get(key);
      bucket?.delete(idOf(object));
      if (bucket?.size === 0) buckets.delete(key);
    },
    of: (key: string) => [...(buckets.get(key)?.values() ?? [])],
    all: () => [...buckets.values()].flatMap((bucket) => [...bucket.values()]),
  };
}
