/** What a blob store does, and which keys it takes: the same for every kind of store. */

import { StoreError } from "./error.ts";

export interface BlobInfo {
  key: string;
  /** Bytes. */
  size: number;
  lastModified: Date;
}

/** A body of known size that is not held in memory. */
export interface BlobStream {
  /** Bytes. */
  size: number;
  chunks: AsyncIterable<Uint8Array>;
}

export type BlobBody = string | Uint8Array | BlobStream;

/** Every method throws StoreError: `invalid` for a bad key, `unreachable` or `denied` for trouble with the store. */
export interface BlobStore {
  readonly url: string;
  /**
   * Writes the whole body or nothing; what was acknowledged is durable. With `ifAbsent` a blob that exists is left
   * alone and the answer is false.
   */
  put(key: string, body: BlobBody, options?: { ifAbsent?: boolean }): Promise<boolean>;
  get(key: string): Promise<Uint8Array | undefined>;
  /** As `get`, without holding the blob in memory. */
  open(key: string): Promise<BlobStream | undefined>;
  head(key: string): Promise<BlobInfo | undefined>;
  /** Blobs whose key begins with `prefix`, sorted by key. */
  list(prefix: string): AsyncIterable<BlobInfo>;
  /** Deleting what is not there succeeds. */
  delete(key: string): Promise<void>;
}

const segment = /^[A-Za-z0-9_@=+:,~-][A-Za-z0-9._@=+:,~-]{0,199}$/;
const longestKey = 900;

/** The key, when every part of it is harmless as a file name and in a URL. @throws StoreError */
export function checkedKey(key: string): string {
  const isHarmless = key.length <= longestKey && key.split("/").every((part) => segment.test(part));
  if (isHarmless) return key;
  throw new StoreError(
    "invalid",
    `${JSON.stringify(key)} is no blob key: parts of letters, digits and ._@=+:,~- that do not begin with a dot, separated by /, at most ${longestKey} characters`,
  );
}

/** A prefix is a key that may end early. @throws StoreError */
export function checkedPrefix(prefix: string): string {
  if (prefix !== "") checkedKey(prefix.endsWith("/") ? prefix.slice(0, -1) : prefix);
  return prefix;
}

export function bytesOf(body: string | Uint8Array): Uint8Array {
  return typeof body === "string" ? Buffer.from(body) : body;
}

export function isStream(body: BlobBody): body is BlobStream {
  return typeof body !== "string" && "chunks" in body;
}
