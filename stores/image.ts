/**
 * Image stores: OCI images of one repository, by digest and by tag. The URL of a store chooses its kind:
 * `oci:/dir` (an OCI image layout per repository) or `registry://host/path` (the OCI distribution API).
 */

import { createHash } from "node:crypto";
import { StoreError } from "./error.ts";

/** `sha256:` and 64 hex digits. */
export type Digest = `sha256:${string}`;

export interface Manifest {
  digest: Digest;
  mediaType: string;
  bytes: Uint8Array;
}

/** Every method throws StoreError; `denied` when the credentials do not allow it. */
export interface ImageStore {
  readonly url: string;
  /** Full name of the repository within its host or folder. */
  readonly repository: string;
  /** The name under which a container runtime pulls the image of a tag. */
  reference(tag: string): string;
  hasBlob(digest: Digest): Promise<boolean>;
  getBlob(digest: Digest): Promise<Uint8Array | undefined>;
  /** Durable when it returns; writing what exists succeeds. @throws StoreError `invalid` when bytes and digest differ */
  putBlob(digest: Digest, bytes: Uint8Array): Promise<void>;
  /** Takes a blob over from another repository without moving its bytes; false where that cannot be done. */
  mountBlob(digest: Digest, from: ImageStore): Promise<boolean>;
  /** @param reference a tag or a digest */
  getManifest(reference: string): Promise<Manifest | undefined>;
  /** Every blob that the manifest names must have been put before. Moves the tag when it exists. */
  putManifest(tag: string, bytes: Uint8Array, mediaType: string): Promise<Digest>;
  /** Sorted. */
  tags(): Promise<string[]>;
  /** Deleting what is not there succeeds. @throws PurgeUnsupported when the registry cannot delete */
  deleteTag(tag: string): Promise<void>;
}

export interface ImageStoreOptions {
  /** Content of a docker `config.json` with credentials. Default: the file in `DOCKER_CONFIG` or `~/.docker`. */
  dockerConfig?: string;
  /** What references of an `oci:` store begin with. Default `octoplane.local`. */
  prefix?: string;
}

/** @param repository path below the store's URL, such as an account id */
export async function openImageStore(
  url: string,
  repository: string,
  options: ImageStoreOptions = {},
): Promise<ImageStore> {
  checkedRepository(repository);
  if (url.startsWith("oci:/")) return (await import("./oci-layout.ts")).openOciLayout(url, repository, options);
  if (url.startsWith("registry://")) return (await import("./registry.ts")).openRegistry(url, repository, options);
  throw new StoreError(
    "invalid",
    `the image store must be oci:/dir or registry://host/path, not ${JSON.stringify(url)}`,
  );
}

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
