/** What happened lately: a bounded history of committed changes, and those who listen to it. */

import type { ApiObject, ObjectKey } from "./object.ts";

export interface Change {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly key: ObjectKey;
  /** The new state; for a deletion the last one, under the resourceVersion of the deletion. */
  readonly object: ApiObject;
  readonly previous?: ApiObject | undefined;
}

export interface Feed {
  /** The newest resourceVersion. */
  revision(): number;
  /** The oldest resourceVersion from which `since` can continue. */
  oldest(): number;
  /** Changes after a revision, `undefined` when the history does not reach back (or forward) to it. */
  since(revision: number): Change[] | undefined;
  publish(change: Change): void;
  /** Called for every change in order, right after its commit; returns how to stop. */
  subscribe(listener: (change: Change) => void): () => void;
}

/** A watcher that is further behind than this lists again, as it does after a restart. */
const defaultLimit = 4096;

export function createFeed(start: number, limit = defaultLimit): Feed {
  let revision = start;
  let oldest = start;
  let history: Change[] = [];
  const listeners = new Set<(change: Change) => void>();

  return {
    revision: () => revision,
    oldest: () => oldest,
    since(wanted) {
      if (wanted < oldest || wanted > revision) return undefined;
      return history.filter((change) => revisionOf(change) > wanted);
    },
    publish(change) {
      revision = revisionOf(change);
      history.push(change);
      // Cutting only now and then keeps publishing cheap.
      if (history.length >= 2 * limit) {
        history = history.slice(-limit);
        oldest = revisionOf(history[0] ?? change) - 1;
      }
      for (const listener of [...listeners]) listener(change);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function revisionOf(change: Change): number {
  return Number(change.object.metadata.resourceVersion);
}
