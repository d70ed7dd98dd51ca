/** The watch stream of the Kubernetes API. */

import type { KubernetesObject, Resource } from "../api/resource.ts";
import { errorFromStatus, isStatus } from "./error.ts";
import { collectionPath, search } from "./path.ts";
import type { CallOptions, Transport } from "./transport.ts";

export interface WatchQuery {
  /** All namespaces when left out. */
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  /** Where to continue from: a list's, or the last event's. */
  resourceVersion: string;
  /** When the server ends the stream. Default 300. */
  timeoutSeconds?: number | undefined;
}

/** A bookmark's object has only a resourceVersion. */
export interface WatchEvent<T> {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  object: T;
}

const defaultTimeoutSeconds = 300;
/** A server that does not end the stream in time is taken for dead. */
const graceMs = 15_000;

/** Ends normally when the server ends the stream. Throws `KubernetesError`, also for an `ERROR` event. */
export async function* watch<T extends KubernetesObject>(
  transport: Transport,
  resource: Resource<T>,
  query: WatchQuery,
  options: Pick<CallOptions, "signal"> = {},
): AsyncGenerator<WatchEvent<T>, void, undefined> {
  const { namespace, timeoutSeconds = defaultTimeoutSeconds, ...selection } = query;
  const parameters = { watch: "true", allowWatchBookmarks: "true", timeoutSeconds: `${timeoutSeconds}`, ...selection };
  const path = collectionPath(resource, namespace) + search(parameters);
  const exchange = { ...options, method: "GET", path, timeoutMs: timeoutSeconds * 1000 + graceMs } as const;
  for await (const line of transport.lines(exchange)) {
    const event = JSON.parse(line) as { type: string; object: unknown };
    if (isStatus(event.object)) throw errorFromStatus(500, event.object);
    yield event as WatchEvent<T>;
  }
}
