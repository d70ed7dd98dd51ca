/** Watches: one JSON event a line, in the order of the commits, flushed at once. */

import type { ServerResponse } from "node:http";
import type { Change } from "./feed.ts";
import type { ApiObject } from "./object.ts";
import type { Selector } from "./selector.ts";
import { expired } from "./status.ts";
import type { Store } from "./store.ts";

export interface WatchRequest {
  readonly resource: string;
  /** All namespaces when left out. */
  readonly namespace?: string | undefined;
  readonly selector: Selector;
  /** Changes after this one; without it (or 0) everything that exists comes first, as ADDED. */
  readonly resourceVersion?: number | undefined;
  readonly timeoutSeconds?: number | undefined;
  /** How an object is shown: in the wanted version, or as a table. */
  present(object: ApiObject): object;
}

type EventType = Change["type"];

/** A watcher that leaves this many bytes of changes unread is disconnected, rather than held in memory. */
const unreadLimit = 8 * 1024 * 1024;

/** Throws 410 before anything is sent when the history does not reach back to `resourceVersion`. */
export function serveWatch(store: Store, request: WatchRequest, response: ServerResponse): void {
  const backlog = missed(store, request);

  response.writeHead(200, { "content-type": "application/json" });
  response.flushHeaders();
  function send({ type, object }: SeenEvent): void {
    if (response.writableEnded || response.destroyed) return;
    response.write(`${JSON.stringify({ type, object: request.present(object) })}\n`);
  }

  for (const event of backlog) send(event);
  // What everybody gets at the start is no sign of a watcher that does not read, however much it is.
  const allowed = response.writableLength + unreadLimit;
  const unsubscribe = store.feed.subscribe((change) => {
    const event = seen(change, request);
    if (event) send(event);
    if (response.writableLength > allowed) response.destroy();
  });
  // The end of a response that is not read may never come to its "close".
  const stop = () => {
    unsubscribe();
    response.end();
  };
  const timer = request.timeoutSeconds && setTimeout(stop, request.timeoutSeconds * 1000);
  response.once("close", () => {
    unsubscribe();
    clearTimeout(timer || undefined);
  });
}

interface SeenEvent {
  type: EventType;
  object: ApiObject;
}

function missed(store: Store, request: WatchRequest): SeenEvent[] {
  const { resource, namespace, selector, resourceVersion } = request;
  if (!resourceVersion) {
    return store
      .list(resource, namespace)
      .filter(selector)
      .map((object) => ({ type: "ADDED", object }));
  }
  const changes = store.feed.since(resourceVersion);
  if (changes === undefined) throw expired(resourceVersion, store.feed.oldest());
  return changes.flatMap((change) => seen(change, request) ?? []);
}

/** What a change looks like through a selector: an object that stops matching is DELETED for this watcher. */
function seen({ type, key, object, previous }: Change, request: WatchRequest): SeenEvent | undefined {
  const { resource, namespace, selector } = request;
  if (key.resource !== resource || (namespace !== undefined && key.namespace !== namespace)) return undefined;
  const before = previous !== undefined && selector(previous);
  const after = type !== "DELETED" && selector(object);
  if (before && after) return { type: "MODIFIED", object };
  if (after) return { type: "ADDED", object };
  return before ? { type: "DELETED", object } : undefined;
}
