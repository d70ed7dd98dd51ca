/**
 * Image stores: OCI images of one repository, by digest and by tag. The URL of a store chooses its kind:
 * `oci:/dir` (an OCI image layout per repository) or `registry://host/path` (the OCI distribution API).
 */

import { checkedRepository } from "./digest.ts";
import { StoreError } from "./error.ts";
import type { ImageStore, ImageStoreOptions } from "./image-store.ts";

export { type Digest, digestOf } from "./digest.ts";
export type { ImageStore, ImageStoreOptions, Manifest } from "./image-store.ts";

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
