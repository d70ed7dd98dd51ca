/** Events are kept for an hour; old ones go when new ones come. */

import type { ApiObject } from "./object.ts";
import type { Store } from "./store.ts";

const lifetime = 60 * 60 * 1000;
const pause = 60 * 1000;

/** `now` in milliseconds; returns how to stop. */
export function expireEvents(store: Store, now: () => number = Date.now): () => void {
  let last = 0;
  return store.feed.subscribe(({ type, key }) => {
    if (type !== "ADDED" || key.resource !== "events" || now() - last < pause) return;
    last = now();
    for (const event of store.list("events").filter((one) => lastSeen(one) < now() - lifetime)) {
      const { namespace = "", name } = event.metadata;
      store.remove({ resource: "events", namespace, name }, event);
    }
  });
}

function lastSeen(event: ApiObject): number {
  return Date.parse(String(event.lastTimestamp ?? event.metadata.creationTimestamp));
}
