/** An account with everybody who acts on it, and Metacontroller with caches that are late. */

import { Namespace } from "../../api/builtin.ts";
import type { KubernetesObject, Resource } from "../../api/resource.ts";
import { WorkerAccount } from "../../api/workers/worker-account.ts";
import { type AnyComposite, composites as allComposites } from "../../hooks/composites.ts";
import { account, namespaceObject, settings } from "../objects/workers.ts";
import { objectFor } from "./arbitrary.ts";
import { all, type Cluster, create, newCluster } from "./cluster.ts";
import { type Cache, type Lag, parentsOf, sync } from "./metacontroller.ts";
import type { Random } from "./random.ts";

/** Those of the Workers family: an account has nothing to do with others. */
export const composites = allComposites.filter(({ parent }) => parent.group === WorkerAccount.group);

export interface Pod {
  content: string;
  isReady: boolean;
  isTerminating: boolean;
}

export interface Platform {
  cluster: Cluster;
  caches: Map<AnyComposite, Cache>;
  /** Every version that some deployment of a script asked for: `script/version`. */
  asked: Set<string>;
  /** Code that does not start. */
  bad: Set<string>;
  /** What is in an image that was pushed: script to code. */
  images: Map<string, Record<string, string>>;
  /** Images of releases that the account has seen to be built. */
  known: Set<string>;
  /** Images that were pushed although they were known. */
  repeated: string[];
  pods: Pod[];
  counter: number;
}

export function newPlatform(releaseHistoryLimit: number): Platform {
  const cluster = newCluster();
  const { namespace: _, ...metadata } = namespaceObject().metadata;
  create(cluster, { apiVersion: "v1", kind: Namespace.kind, metadata });
  const { spec } = account({ releaseHistoryLimit });
  create(cluster, objectFor(WorkerAccount as never, "acme", { ...spec }));
  return {
    cluster,
    caches: new Map(composites.map((composite) => [composite, new Map()])),
    asked: new Set(),
    bad: new Set(),
    images: new Map(),
    known: new Set(),
    repeated: [],
    pods: [],
    counter: 0,
  };
}

export function objectsOf<T extends KubernetesObject>({ cluster }: Platform, resource: Resource<T>): T[] {
  return all(cluster).filter(({ kind }) => kind === resource.kind) as unknown as T[];
}

/** What a version's code is known by. */
export function codeOf({ digest, scriptsUrls = [] }: { digest?: string; scriptsUrls?: string[] }): string {
  return digest ?? scriptsUrls.join();
}

export type Synced = NonNullable<ReturnType<typeof sync>>;

export function syncOne(platform: Platform, composite: AnyComposite, key: string, lag: Lag): Synced | undefined {
  const cache = platform.caches.get(composite) ?? new Map();
  return sync(platform.cluster, composite, key, settings, cache, lag);
}

export function syncSome(platform: Platform, random: Random, isLate: boolean): Synced | undefined {
  const composite = random.pick(composites);
  const key = composite && random.pick(parentsOf(platform.cluster, composite));
  if (composite === undefined || key === undefined) return undefined;
  const lag: Lag = (most) => (isLate && random.oneIn(2) ? random.below(most + 1) : 0);
  return syncOne(platform, composite, key, lag);
}
