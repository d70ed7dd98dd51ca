/** A blob store that answers in time: one that is cut off, and not even refuses connections, must not keep a turn. */

import type { BlobStore } from "../../stores/blob.ts";
import { StoreError } from "../../stores/error.ts";

/** Rejects with StoreError `unreachable` what takes longer than `limitMs`; the store may still be at it then. */
export function timedStore(store: BlobStore, limitMs: number): BlobStore {
  return {
    url: store.url,
    put: (key, ...write) => inTime(key, limitMs, store.put(key, ...write)),
    get: (key) => inTime(key, limitMs, store.get(key)),
    open: (key) => inTime(key, limitMs, store.open(key)),
    head: (key) => inTime(key, limitMs, store.head(key)),
    list: (prefix) => store.list(prefix),
    delete: (key) => inTime(key, limitMs, store.delete(key)),
  };
}

function inTime<T>(key: string, limitMs: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cause = Object.assign(new Error("timeout"), { code: "ETIMEDOUT" });
    const giveUp = () =>
      reject(new StoreError("unreachable", `blob ${key}: no answer within ${limitMs} ms`, { cause }));
    const timer = setTimeout(giveUp, limitMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
