/** The parts of an installation that the sweeper works on. */

import type { KubernetesClient } from "../../kubernetes/client.ts";
import type { BlobStore } from "../../stores/blob.ts";
import type { ImageStore } from "../../stores/image.ts";

export interface Installation {
  client: KubernetesClient;
  blobStore: BlobStore;
  /** The images of one account. */
  openImages: (account: string) => ImageStore | Promise<ImageStore>;
}
