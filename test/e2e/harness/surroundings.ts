/** What differs between the embedded platform and one on a cluster. */

import type { NewAccount } from "../../../cli/accounts.ts";
import type { KubernetesClient } from "../../../kubernetes/client.ts";
import type { BlobStore } from "../../../stores/blob.ts";

export interface Surroundings {
  client: KubernetesClient;
  /** Path of a kubeconfig with every right. */
  kubeconfig: string;
  /** Holds the account and nothing else that matters to the test. */
  namespace: string;
  account: NewAccount;
  /** What is below an account's subdomain. */
  domain: string;
  /** URL of the router. */
  router: string;
  apiBaseUrl: string;
  blobs: BlobStore;
  /** Until the answer is called, no image can be stored. */
  makeImagesReadOnly(): () => void;
  /** A folder that is deleted at the end. */
  folder: string;
  close(): Promise<void>;
}
