/** A local copy of a collection, kept current by list and watch (the informer of other clients). */

import type { KubernetesObject, Resource } from "../api/resource.ts";
import type { KubernetesClient } from "./client.ts";
import { follow } from "./follow.ts";
import { type ChangeListener, objectStore } from "./object-store.ts";
import { type WaitOptions, waitFor } from "./wait-for.ts";

export type { ChangeListener, ChangeType } from "./object-store.ts";
export type { WaitOptions } from "./wait-for.ts";

export interface CacheOptions {
  /** All namespaces when left out. */
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  /** Told about every failure; the cache itself goes on trying. */
  onError?: ((error: unknown) => void) | undefined;
}

/** Objects belong to the cache: readers must not change them. */
export interface Cache<T> {
  /** Resolves when the first list is in. A server that cannot be reached is tried for ever; `close` rejects it. */
  readonly ready: Promise<void>;
  list(namespace?: string): T[];
  get(namespace: string | undefined, name: string): T | undefined;
  /** Later changes only; what is here already must be listed. Returns the function that ends it. */
  onChange(listener: ChangeListener<T>): () => void;
  /** Resolves with the first truthy answer, asked now and after every change. Rejects on time-out, abort and close. */
  waitFor<R>(predicate: (cache: Cache<T>) => R | undefined | null | false, options?: WaitOptions): Promise<R>;
  close(): void;
}

export function cache<T extends KubernetesObject>(
  client: KubernetesClient,
  resource: Resource<T>,
  { namespace, labelSelector, onError = () => undefined }: CacheOptions = {},
): Cache<T> {
  const store = objectStore<T>(onError);
  const closing = new AbortController();
  const { signal } = closing;
  const loaded = Promise.withResolvers<void>();
  loaded.promise.catch(() => undefined); // who never asks for `ready` has nothing to catch

  void follow({ client, resource, namespace, labelSelector, store, signal, onLoaded: loaded.resolve, onError });

  const self: Cache<T> = {
    ready: loaded.promise,
    list: store.list,
    get: store.get,
    onChange: store.onChange,
    waitFor(predicate, options) {
      const changing = { ready: loaded.promise, onChange: store.onChange, closed: signal };
      return waitFor(changing, () => predicate(self), { what: resource.plural, ...options });
    },
    close() {
      closing.abort(new Error(`the cache of ${resource.plural} is closed`));
      loaded.reject(signal.reason);
    },
  };
  return self;
}
