/** A local copy of a collection, kept current by list and watch (the informer of other clients). */

import { setTimeout as delay } from "node:timers/promises";
import type { KubernetesObject, Resource } from "../api/resource.ts";
import type { KubernetesClient } from "./client.ts";
import { isExpired, KubernetesError } from "./error.ts";

export interface CacheOptions {
  /** All namespaces when left out. */
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  /** Told about every failure; the cache itself goes on trying. */
  onError?: ((error: unknown) => void) | undefined;
}

export type ChangeType = "ADDED" | "MODIFIED" | "DELETED";

/** `old` is there for MODIFIED. The object of DELETED is its last state. Must return quickly. */
export type ChangeListener<T> = (type: ChangeType, object: T, old?: T) => void;

export interface WaitOptions {
  /** Default 30 s. */
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
  /** What is waited for, for the time-out's message. */
  what?: string | undefined;
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
  options: CacheOptions = {},
): Cache<T> {
  const store = objectStore<T>(options.onError);
  const closed = new AbortController();
  const loaded = Promise.withResolvers<void>();
  loaded.promise.catch(() => undefined); // who never asks for `ready` has nothing to catch

  void follow({ client, resource, options, store, signal: closed.signal, onLoaded: loaded.resolve });

  const self: Cache<T> = {
    ready: loaded.promise,
    list: store.list,
    get: (namespace, name) => store.get(keyOf(namespace, name)),
    onChange: store.onChange,
    waitFor: (predicate, wait) => waitFor(self, predicate, { what: resource.plural, ...wait }, closed.signal),
    close() {
      closed.abort(new Error(`the cache of ${resource.plural} is closed`));
      loaded.reject(closed.signal.reason);
    },
  };
  return self;
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ""}/${name}`;
}

interface Store<T> {
  list(namespace?: string): T[];
  get(key: string): T | undefined;
  onChange(listener: ChangeListener<T>): () => void;
  put(object: T): void;
  remove(object: T): void;
  /** Makes the store equal to a fresh list, telling listeners the difference. */
  replaceAll(objects: T[]): void;
}

function objectStore<T extends KubernetesObject>(onError: CacheOptions["onError"]): Store<T> {
  const objects = new Map<string, T>();
  const listeners = new Set<ChangeListener<T>>();
  const id = (object: T) => keyOf(object.metadata.namespace, object.metadata.name);

  function tell(type: ChangeType, object: T, old?: T): void {
    for (const listener of [...listeners]) {
      try {
        listener(type, object, old);
      } catch (error) {
        onError?.(error);
      }
    }
  }

  function put(object: T): void {
    const old = objects.get(id(object));
    if (old !== undefined && old.metadata.resourceVersion === object.metadata.resourceVersion) return;
    objects.set(id(object), object);
    if (old === undefined) tell("ADDED", object);
    else tell("MODIFIED", object, old);
  }

  function remove(object: T): void {
    if (objects.delete(id(object))) tell("DELETED", object);
  }

  return {
    list: (namespace) => [...objects.values()].filter((each) => !namespace || each.metadata.namespace === namespace),
    get: (key) => objects.get(key),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    put,
    remove,
    replaceAll(fresh) {
      const kept = new Set(fresh.map(id));
      for (const old of [...objects.values()]) if (!kept.has(id(old))) remove(old);
      for (const object of fresh) put(object);
    },
  };
}

interface Follow<T extends KubernetesObject> {
  client: KubernetesClient;
  resource: Resource<T>;
  options: CacheOptions;
  store: Store<T>;
  signal: AbortSignal;
  onLoaded: () => void;
}

const firstBackoffMs = 50;
const longestBackoffMs = 5_000;
/** A stream that lived this long was a working one. */
const healthyMs = 1_000;

/** Lists once, then watches from where it was; lists again only when the server has forgotten that place. */
async function follow<T extends KubernetesObject>(context: Follow<T>): Promise<void> {
  const { options, signal } = context;
  let resourceVersion: string | undefined;
  let failures = 0;
  while (!signal.aborted) {
    const started = Date.now();
    try {
      resourceVersion ??= await load(context);
      await watchFrom(context, resourceVersion, (progress) => {
        resourceVersion = progress;
      });
    } catch (error) {
      if (signal.aborted) return;
      if (isExpired(error)) resourceVersion = undefined;
      else options.onError?.(error);
    }
    failures = Date.now() - started > healthyMs ? 0 : failures + 1;
    if (failures > 0) await backoff(failures, signal);
  }
}

async function load<T extends KubernetesObject>({ client, resource, options, store, signal, onLoaded }: Follow<T>) {
  const { items, resourceVersion } = await client.list(resource, options, { signal });
  store.replaceAll(items);
  onLoaded();
  return resourceVersion;
}

async function watchFrom<T extends KubernetesObject>(
  { client, resource, options, store, signal }: Follow<T>,
  resourceVersion: string,
  onProgress: (resourceVersion: string) => void,
): Promise<void> {
  const { namespace, labelSelector } = options;
  for await (const event of client.watch(resource, { namespace, labelSelector, resourceVersion }, { signal })) {
    if (event.type === "DELETED") store.remove(event.object);
    else if (event.type !== "BOOKMARK") store.put(event.object);
    onProgress(event.object.metadata.resourceVersion ?? resourceVersion);
  }
}

/** Half of it is random, so that the caches of a process do not return to a restarted server all at once. */
async function backoff(failures: number, signal: AbortSignal): Promise<void> {
  const limit = Math.min(longestBackoffMs, firstBackoffMs * 2 ** Math.min(failures, 10));
  await delay(limit / 2 + (Math.random() * limit) / 2, undefined, { signal }).catch(() => undefined);
}

function waitFor<T, R>(
  cached: Cache<T>,
  predicate: (cache: Cache<T>) => R | undefined | null | false,
  { timeoutMs = 30_000, signal, what }: WaitOptions,
  closed: AbortSignal,
): Promise<R> {
  return new Promise((resolve, reject) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    const ended = AbortSignal.any([timeout, closed, ...(signal === undefined ? [] : [signal])]);
    let unsubscribe = (): unknown => undefined;
    let isSettled = false;
    const settle = (finish: () => void) => {
      isSettled = true;
      unsubscribe();
      ended.removeEventListener("abort", giveUp);
      finish();
    };
    const giveUp = () => settle(() => reject(timeout.aborted ? timedOut(what, timeoutMs) : ended.reason));
    const check = () => {
      try {
        const answer = predicate(cached);
        if (answer) settle(() => resolve(answer));
      } catch (error) {
        settle(() => reject(error));
      }
    };
    // Not before: while the first list comes in, what is not there yet would look as if it were gone.
    const begin = () => {
      if (isSettled) return;
      unsubscribe = cached.onChange(check);
      check();
    };
    ended.addEventListener("abort", giveUp);
    if (ended.aborted) giveUp();
    else void cached.ready.then(begin, giveUp);
  });
}

function timedOut(what: string | undefined, timeoutMs: number): KubernetesError {
  return new KubernetesError(0, "Timeout", `waited ${timeoutMs} ms for ${what ?? "a change"}`);
}
