/** The builder's two stores: passing troubles are waited out for some seconds, lasting ones become build failures. */

import type { BlobStore } from "../../stores/blob.ts";
import type { ImageStore } from "../../stores/image.ts";
import { type RetryOptions, retryTransient } from "../../stores/retry.ts";
import { blobFailure, imageFailure } from "./failure.ts";

export interface Stores {
  blobs: <T>(use: (store: BlobStore) => Promise<T>) => Promise<T>;
  images: <T>(use: (store: ImageStore) => Promise<T>) => Promise<T>;
}

export function patient(blobStore: BlobStore, imageStore: ImageStore, retry: RetryOptions): Stores {
  return {
    blobs: (use) => attempt(() => use(blobStore), blobFailure, retry),
    images: (use) => attempt(() => use(imageStore), imageFailure, retry),
  };
}

async function attempt<T>(
  use: () => Promise<T>,
  inWords: (error: unknown) => unknown,
  retry: RetryOptions,
): Promise<T> {
  try {
    return await retryTransient(use, retry);
  } catch (error) {
    throw inWords(error);
  }
}
