/** What an image store does: the same for every kind of store. */

import type { Digest } from "./digest.ts";

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
  /** The manifest goes with its last tag. Deleting what is not there succeeds. @throws PurgeUnsupported */
  deleteTag(tag: string): Promise<void>;
}

export interface ImageStoreOptions {
  /** Content of a docker `config.json` with credentials. Default: the file in `DOCKER_CONFIG` or `~/.docker`. */
  dockerConfig?: string;
  /** What references of an `oci:` store begin with. Default `octoplane.local`. */
  prefix?: string;
}
