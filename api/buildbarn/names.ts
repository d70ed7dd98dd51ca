/** Names that resources, pods and configuration of a farm agree on. */

export const group = "buildbarn.io";
export const version = "v1alpha1";

/** TCP ports of the programs, the same as in Buildbarn's own deployments. */
export const ports = {
  frontend: 8980,
  storage: 8981,
  schedulerClient: 8982,
  schedulerWorker: 8983,
  schedulerQueues: 8984,
  schedulerAdmin: 7982,
  browser: 7984,
  /** Health, metrics and profiles of every program. */
  diagnostics: 9980,
  /** Those of the runner, which shares its pod's network with the worker. */
  runnerDiagnostics: 9987,
} as const;

/** The stores of a storage pod: volumes, folders and configuration have these names. */
export const storeNames = ["cas", "ac", "fsac"] as const;
export type StoreName = (typeof storeNames)[number];

/** Where the ConfigMap is mounted. */
export const configFolder = "/config/";

/** `scheduler:8983` in Buildbarn's own words: names of a Service and of pods, with their namespace. */
export interface Place {
  name: string;
  namespace: string;
  /** None: resolvers complete the name by themselves. */
  clusterDomain?: string | undefined;
}

/** The address of a Service inside of the cluster. */
export function serviceAddress({ name, namespace, clusterDomain }: Place, port: number): string {
  const host = `${name}.${namespace}`;
  return `${clusterDomain === undefined ? host : `${host}.svc.${clusterDomain}`}:${port}`;
}

/** The address of the n-th shard: the pod's name under the headless Service. */
export function shardAddress(storage: Place, ordinal: number): string {
  return `${storage.name}-${ordinal}.${serviceAddress(storage, ports.storage)}`;
}

/** Keys of the configuration files in a ConfigMap, be it generated or written by hand. */
export const configKeys = {
  scheduler: "scheduler.jsonnet",
  storage: "storage.jsonnet",
  frontend: "frontend.jsonnet",
  browser: "browser.jsonnet",
  worker: (instance: string) => `worker-${instance}.jsonnet`,
  runner: (instance: string) => `runner-${instance}.jsonnet`,
} as const;
