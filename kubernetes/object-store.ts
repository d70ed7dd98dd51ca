/** The objects that a cache holds, and who is told when they change. */

import type { KubernetesObject } from "../api/resource.ts";

export type ChangeType = "ADDED" | "MODIFIED" | "DELETED";

/** `old` is there for MODIFIED. The object of DELETED is its last state. Must return quickly. */
export type ChangeListener<T> = (type: ChangeType, object: T, old?: T) => void;

export interface ObjectStore<T> {
  /** Of all namespaces when none is given. */
  list(namespace?: string): T[];
  get(namespace: string | undefined, name: string): T | undefined;
  /** Returns the function that ends it. */
  onChange(listener: ChangeListener<T>): () => void;
  /** What is stored in this state already changes nothing. */
  put(object: T): void;
  remove(object: T): void;
  /** Makes the store equal to a fresh list, telling listeners the difference. */
  replaceAll(objects: T[]): void;
}

/** @param onError told of every listener that throws; the others are called all the same */
export function objectStore<T extends KubernetesObject>(
  onError: (error: unknown) => void = () => undefined,
): ObjectStore<T> {
  const objects = new Map<string, T>();
  const listeners = new Set<ChangeListener<T>>();

  function tell(type: ChangeType, object: T, old?: T): void {
    for (const listener of [...listeners]) {
      try {
        listener(type, object, old);
      } catch (error) {
        onError(error);
      }
    }
  }

  function put(object: T): void {
    const old = objects.get(keyOf(object));
    if (old !== undefined && old.metadata.resourceVersion === object.metadata.resourceVersion) return;
    objects.set(keyOf(object), object);
    if (old === undefined) tell("ADDED", object);
    else tell("MODIFIED", object, old);
  }

  function remove(object: T): void {
    if (objects.delete(keyOf(object))) tell("DELETED", object);
  }

  return {
    list: (namespace) => [...objects.values()].filter((each) => !namespace || each.metadata.namespace === namespace),
    get: (namespace, name) => objects.get(key(namespace, name)),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    put,
    remove,
    replaceAll(fresh) {
      const kept = new Set(fresh.map(keyOf));
      for (const old of [...objects.values()]) if (!kept.has(keyOf(old))) remove(old);
      for (const object of fresh) put(object);
    },
  };
}

function keyOf({ metadata }: KubernetesObject): string {
  return key(metadata.namespace, metadata.name);
}

function key(namespace: string | undefined, name: string): string {
  return `${namespace ?? ""}/${name}`;
}
