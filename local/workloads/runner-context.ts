/** What the runners of Deployments and Jobs share. */

import { ConfigMap, Deployment, Job, Secret, Service, StatefulSet } from "../../api/builtin.ts";
import { type Cache, cache } from "../../kubernetes/cache.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import type { Backoff } from "./backoff.ts";
import type { EnvironmentSources } from "./environment.ts";
import type { RecordEvent } from "./event-recorder.ts";
import type { LaunchContext } from "./launch.ts";
import type { LogFile, LogOwner } from "./logs.ts";

export interface WorkloadsLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface RunnerContext {
  client: KubernetesClient;
  observed: ObservedKinds;
  launch: LaunchContext;
  recordEvent: RecordEvent;
  logOf(owner: LogOwner): LogFile;
  backoff: Backoff;
  /** How long routers may need to see that an address has moved. */
  settleMs: number;
  log: WorkloadsLog;
}

export interface ObservedKinds {
  deployments: Cache<Deployment>;
  jobs: Cache<Job>;
  statefulSets: Cache<StatefulSet>;
  services: Cache<Service>;
  secrets: Cache<Secret>;
  configMaps: Cache<ConfigMap>;
  ready: Promise<unknown>;
  close(): void;
}

export function observeKinds(client: KubernetesClient, onError: (error: unknown) => void): ObservedKinds {
  const kinds = {
    deployments: cache(client, Deployment, { onError }),
    jobs: cache(client, Job, { onError }),
    statefulSets: cache(client, StatefulSet, { onError }),
    services: cache(client, Service, { onError }),
    secrets: cache(client, Secret, { onError }),
    configMaps: cache(client, ConfigMap, { onError }),
  };
  const all = Object.values(kinds);
  return {
    ...kinds,
    ready: Promise.all(all.map((each) => each.ready)),
    close: () => {
      for (const each of all) each.close();
    },
  };
}

export function sourcesIn(namespace: string, { secrets, configMaps }: ObservedKinds) {
  return {
    secret: (name) => secrets.get(namespace, name),
    configMap: (name) => configMaps.get(namespace, name),
  } satisfies Pick<EnvironmentSources, "secret" | "configMap">;
}

/** `namespace/name`, the key of reconcile loops. */
export function keyOf({ namespace = "", name }: { namespace?: string; name: string }): string {
  return `${namespace}/${name}`;
}

export function ownerOf(key: string): LogOwner {
  const [namespace = "", name = ""] = key.split("/");
  return { namespace, name };
}

/** The end of a Pod's name. */
export function randomSuffix(): string {
  return Math.random().toString(36).slice(2, 7).padEnd(5, "0");
}
