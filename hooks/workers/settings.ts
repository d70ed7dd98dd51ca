/** What the installation decides for all accounts; the second input of every Workers hook. */

export interface WorkersSettings {
  /** Domain below which hosts are made: `<script>.<subdomain>.<domain>`. */
  domain: string;
  /** How URLs are written for people: scheme, and the port where it is not the scheme's own. */
  urlScheme: "http" | "https";
  urlPort?: number;
  ingressClassName: string;
  /** `s3://bucket/prefix` or `file:///dir`. */
  blobStore: string;
  /** `registry://host/repo` or `oci:/dir`. */
  imageStore: string;
  /** What image names start with: `host/repo`; the account and a tag follow. */
  imagePrefix: string;
  /** Image of the worker builder. */
  builderImage: string;
  /** Image of the runtime that worker images are built on. */
  runtimeBase: string;
  /** Whole seconds that a pod keeps answering after its end was asked for, so that no router loses a request. */
  drainSeconds: number;
  /** Whole seconds after a rollout until old pods are surely gone, for clusters that do not count them. */
  settleSeconds: number;
  /** Memory limit of a pod of workers, as a quantity. */
  workerMemory: string;
}
