/** Keeps an object store equal to a collection of the API server, through broken streams, restarts and restores. */

import { setTimeout as delay } from "node:timers/promises";
import type { KubernetesObject, Resource } from "../api/resource.ts";
import type { KubernetesClient } from "./client.ts";
import { isExpired } from "./error.ts";
import type { ObjectStore } from "./object-store.ts";

export interface Followed<T extends KubernetesObject> {
  client: KubernetesClient;
  resource: Resource<T>;
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  store: ObjectStore<T>;
  signal: AbortSignal;
  /** The store holds a whole list; called again after every further one. */
  onLoaded(): void;
  onError(error: unknown): void;
}

const firstBackoffMs = 50;
const longestBackoffMs = 5_000;
/** A stream that lived this long was a working one. */
const healthyMs = 1_000;
/** A broken stream is taken up again where it broke; a server that stays away may come back with another past. */
const failuresBeforeListing = 2;

/** Lists once, then watches from where it was; lists again when that place is lost. Ends with the signal only. */
export async function follow<T extends KubernetesObject>(followed: Followed<T>): Promise<void> {
  const { signal } = followed;
  const place: Place = { resourceVersion: undefined };
  let failures = 0;
  while (!signal.aborted) {
    const started = Date.now();
    const isBroken = await advance(followed, place);
    failures = Date.now() - started > healthyMs ? 0 : failures + 1;
    if (isBroken && failures >= failuresBeforeListing) place.resourceVersion = undefined;
    if (failures > 0) await backoff(failures, signal);
  }
}

/** Where a watch continues; undefined where only a list can. */
interface Place {
  resourceVersion: string | undefined;
}

/** Goes on until the stream ends. True when it broke. */
async function advance<T extends KubernetesObject>(followed: Followed<T>, place: Place): Promise<boolean> {
  try {
    place.resourceVersion ??= await load(followed);
    await watchFrom(followed, place.resourceVersion, (progress) => {
      place.resourceVersion = progress;
    });
    return false;
  } catch (error) {
    if (isExpired(error)) place.resourceVersion = undefined;
    else if (!followed.signal.aborted) followed.onError(error);
    return true;
  }
}

async function load<T extends KubernetesObject>(followed: Followed<T>): Promise<string> {
  const { client, resource, namespace, labelSelector, store, signal, onLoaded } = followed;
  const { items, resourceVersion } = await client.list(resource, { namespace, labelSelector }, { signal });
  store.replaceAll(items);
  onLoaded();
  return resourceVersion;
}

async function watchFrom<T extends KubernetesObject>(
  { client, resource, namespace, labelSelector, store, signal }: Followed<T>,
  resourceVersion: string,
  onProgress: (resourceVersion: string) => void,
): Promise<void> {
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
