/** Digests, tags and repository names: what may name an image or a part of it. */

import { createHash } from "node:crypto";
import { StoreError } from "./error.ts";

/** `sha256:` and 64 hex digits. */
export type Digest = `sha256:${string}`;

export function digestOf(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** @throws StoreError when the bytes are not those of the digest */
export function checkBytes(digest: Digest, bytes: Uint8Array): void {
  const actual = digestOf(bytes);
  if (actual !== digest) throw new StoreError("invalid", `blob ${digest} has other bytes: their digest is ${actual}`);
}

/** The 64 hex digits. @throws StoreError */
export function hexOf(digest: string): string {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1];
  if (hex === undefined) throw new StoreError("invalid", `${JSON.stringify(digest)} is no sha256 digest`);
  return hex;
}

export function isDigest(reference: string): reference is Digest {
  return reference.startsWith("sha256:");
}

/** @throws StoreError */
export function checkedTag(tag: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(tag)) return tag;
  throw new StoreError("invalid", `${JSON.stringify(tag)} is no image tag`);
}

const repositoryPart = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;

/** @throws StoreError */
export function checkedRepository(repository: string): string {
  if (repository.length <= 200 && repository.split("/").every((part) => repositoryPart.test(part))) return repository;
  throw new StoreError("invalid", `${JSON.stringify(repository)} is no image repository`);
}
