/** Blob stores: named bytes, such as the code of workers. The URL of a store chooses its kind. */

import type { BlobStore } from "./blob-store.ts";
import { StoreError } from "./error.ts";

export type { BlobBody, BlobInfo, BlobStore, BlobStream } from "./blob-store.ts";

/**
 * Opens `file:///dir` or `s3://bucket/prefix`. S3 takes region, endpoint and credentials from `env` and the AWS files
 * as every AWS tool does, or the first two from the URL: `?region=`, `?endpoint=`, `?pathStyle=` (`true` or `false`; an
 * endpoint that is not Amazon's gets the bucket in the path unless somebody says otherwise).
 */
export async function openBlobStore(url: string, env: NodeJS.ProcessEnv = process.env): Promise<BlobStore> {
  if (url.startsWith("file:///")) return (await import("./file-blob.ts")).openFileBlobStore(url);
  if (url.startsWith("s3://")) return (await import("./s3-blob.ts")).openS3BlobStore(url, env);
  throw new StoreError(
    "invalid",
    `the blob store must be file:///dir or s3://bucket/prefix, not ${JSON.stringify(url)}`,
  );
}
