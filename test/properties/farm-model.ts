import { BuildbarnStorage } from "../../api/buildbarn/buildbarn-storage.ts";
import type { KubernetesObject, Resource } from "../../api/resource.ts";
import { type AnyComposite, composites } from "../../hooks/composites.ts";
import { settings } from "../objects/workers.ts";
import { objectFor } from "./arbitrary.ts";
import { all, type Cluster, create, newCluster } from "./cluster.ts";
import { type Cache, type Lag, parentsOf, sync } from "./metacontroller.ts";
import type { Random } from "./random.ts";

/** A pod of a client: the largest shard map that it knows is what it may use until it is gone. */
export interface ClientPod {
  /** UID of its Deployment. */
  owner: string;
  /** What it reads: the ConfigMap, and of one that is written by hand, its content. */
  config: string;
  /** How many shards that names. */
  shards: number;
  isReady: boolean;
  /** When it is gone at the latest; undefined while nobody told it to stop. */
  endsBy?: number;
}

export interface FarmModel {
  cluster: Cluster;
  caches: Map<AnyComposite, Cache>;
  /** Ordinals of shards that exist, and whether they were ready. */
  shards: Map<number, boolean>;
  pods: ClientPod[];
  /** A kind of which caches hear nothing for a while. */
  frozen?: string | undefined;
  /** Whether the cluster counts pods that are about to end. */
  countsTerminating: boolean;
}

const family = composites.filter(({ parent }) => parent.group === BuildbarnStorage.group);

export function add(model: FarmModel, kind: Resource, name: string, spec: Record<string, unknown> = {}): void {
  create(model.cluster, objectFor(kind as never, name, spec));
}

export function emptyFarm(countsTerminating = true): FarmModel {
  return {
    cluster: newCluster(),
    caches: new Map(family.map((composite) => [composite, new Map()])),
    shards: new Map(),
    pods: [],
    countsTerminating,
  };
}

export function objectsOf<T extends KubernetesObject>({ cluster }: FarmModel, { kind }: Resource<T>): T[] {
  return all(cluster).filter((object) => object.kind === kind) as unknown as T[];
}

export function syncOne(model: FarmModel, composite: AnyComposite, key: string, lag: Lag): boolean {
  return sync(model.cluster, composite, key, settings, model.caches.get(composite), lag)?.written ?? false;
}

export function syncSome(model: FarmModel, random: Random): void {
  const composite = random.pick(family) as AnyComposite;
  const key = random.pick(parentsOf(model.cluster, composite));
  if (key !== undefined) syncOne(model, composite, key, lateLag(model, random));
}

/** Every cache is as late as it likes; of a frozen kind it hears nothing. */
export function lateLag({ frozen }: FarmModel, random: Random): Lag {
  return (most, key) => {
    if (frozen !== undefined && key.includes(`/${frozen}/`)) return most;
    return random.oneIn(3) ? random.below(most + 1) : 0;
  };
}

/** A kind is frozen, or none any more. */
export function freeze(model: FarmModel, random: Random): void {
  const kinds = family.map(({ parent }) => parent.kind);
  model.frozen = random.oneIn(2) ? random.pick(kinds) : undefined;
}

/** `check` holds after every sync. */
export function syncAll(model: FarmModel, lag: Lag, check: () => void = () => undefined): void {
  for (const composite of family) {
    for (const key of parentsOf(model.cluster, composite)) {
      syncOne(model, composite, key, lag);
      check();
    }
  }
}
