/** What tests need to know of a platform that is installed on a cluster. */

export interface InstalledPlatform {
  /** Path of a kubeconfig with every right. */
  kubeconfig: string;
  /** What is below an account's subdomain. */
  domain: string;
  /** URL of the router, from outside of the cluster. */
  router: string;
  /** URL of the Workers API as wrangler needs it, behind the router. */
  apiBaseUrl: string;
  blobStore: string;
  /** Credentials of the blob store. */
  blobStoreEnv: Record<string, string>;
  /** `host:port` of the registry of accounts. */
  accountsRegistry: string;
  accountsRegistryFolder: string;
  registryUser: { username: string; password: string };
  /** An image with a shell. */
  busybox: string;
  /** Environment in which tests of single parts find a real S3 server, a real registry and a real Kubernetes. */
  counterparts: Record<string, string>;
  /** What drives the CompositeControllers. */
  driver: "metacontroller" | "the project's driver";
}

declare module "vitest" {
  export interface ProvidedContext {
    /** Undefined where tests run on the embedded platform. */
    cluster: InstalledPlatform | undefined;
  }
}
