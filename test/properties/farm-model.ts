/** A farm in a cluster whose hooks see late caches: who acts beside them is in farm-pods.ts and farm-users.ts. */

import { BuildbarnStorage } from "../../api/buildbarn/buildbarn-storage.ts";
import { ConfigMap, Deployment, StatefulSet } from "../../api/builtin.ts";
import type { KubernetesObject, Resource } from "../../api/resource.ts";
import { type AnyComposite, composites, type Settings } from "../../hooks/composites.ts";
import type { SyncResponse } from "../../hooks/contract/wire.ts";
import type { AnyObject } from "../../local/driver/json.ts";
import { settings as usualSettings } from "../objects/workers.ts";
import { objectFor } from "./arbitrary.ts";
import { all, type Cluster, create, keyOf, newCluster, time } from "./cluster.ts";
import { ask, type Cache, fresh, type Lag, parentsOf, view, type World, worldOf, writesOf } from "./metacontroller.ts";
import type { Random } from "./random.ts";

/** A pod of a client: the shards that it knows are what it may use until it is gone. */
export interface ClientPod {
  /** UID of its Deployment. */
  owner: string;
  /** What it was made of. */
  template: string;
  configMap: string;
  /** Names of the shards that its configuration had when it read it. */
  shards: readonly string[];
  isReady: boolean;
  /** How long it may go on after it was told to stop. */
  graceSeconds: number;
  /** When it is gone at the latest; undefined while nobody told it to stop. */
  endsBy?: number;
}

/** `asleep`: it does nothing. `silent`: it acts, and tells later. */
export type Mood = "awake" | "asleep" | "silent";

export interface FarmModel {
  cluster: Cluster;
  caches: Map<AnyComposite, Cache>;
  /** Names of shards that exist, and whether they were ready. */
  shards: Map<string, boolean>;
  pods: ClientPod[];
  /** Which hook hears nothing for a while, and of which kind. */
  frozen?: { composite: AnyComposite; kind: string } | undefined;
  /** Of the controllers of Deployments and of StatefulSets. */
  moods: Record<string, Mood>;
  /** Whether something happened to a Deployment's pods that its status does not tell. */
  untold: Set<string>;
  /** What a hook saw of a parent last, and when it wanted to be asked again. */
  asked: Map<string, { seen: string; again: number }>;
  /** Whether the cluster counts pods that are about to end. */
  countsTerminating: boolean;
  settings: Settings;
}

export interface Synced {
  world: World;
  answer: SyncResponse;
}

/** How late the caches of each hook are. */
export type Lags = (composite: AnyComposite) => Lag;

/** What goes wrong with the writes of a sync: whether one of them is made. */
export type Fault = () => boolean;
const noFault: Fault = () => true;

const family = composites.filter(({ parent }) => parent.group === BuildbarnStorage.group);

function compositeOf({ kind }: Resource): AnyComposite {
  return family.find(({ parent }) => parent.kind === kind) as AnyComposite;
}

export function add(model: FarmModel, kind: Resource, name: string, spec: Record<string, unknown> = {}): void {
  create(model.cluster, objectFor(kind as never, name, spec));
}

export function emptyFarm({ countsTerminating = true, settings = usualSettings } = {}): FarmModel {
  return {
    cluster: newCluster(),
    caches: new Map(family.map((composite) => [composite, new Map()])),
    shards: new Map(),
    pods: [],
    moods: {},
    untold: new Set(),
    asked: new Map(),
    countsTerminating,
    settings,
  };
}

export function objectsOf<T extends KubernetesObject>({ cluster }: FarmModel, { kind }: Resource<T>): T[] {
  return all(cluster).filter((object) => object.kind === kind) as unknown as T[];
}

/** A hook is asked when something that it sees has changed, or when it wanted to be. */
function isWoken({ asked, cluster }: FarmModel, key: string, seen: string): boolean {
  const last = asked.get(key);
  return last === undefined || last.seen !== seen || last.again <= cluster.now;
}

function versionsIn({ parent, children, related }: World): string {
  return [parent, ...children, ...related].map(({ metadata }) => metadata.resourceVersion).join();
}

/** What a hook saw and answered; undefined where it was not asked. */
export function syncOne(
  model: FarmModel,
  composite: AnyComposite,
  key: string,
  lag: Lag,
  isWritten = noFault,
): Synced | undefined {
  const { cluster, settings, asked } = model;
  const objects = view(cluster, model.caches.get(composite) ?? new Map(), lag);
  const parent = objects.find((object) => keyOf(object) === key);
  if (parent === undefined) return undefined;
  const world = worldOf(composite, parent, objects);
  const seen = versionsIn(world);
  if (!isWoken(model, key, seen)) return undefined;

  const answer = ask(composite, world, settings, time(cluster));
  const writes = writesOf(cluster, composite, world, answer);
  const made = writes.filter(isWritten);
  for (const write of made) write();
  const again = cluster.now + (answer.resyncAfterSeconds ?? Number.POSITIVE_INFINITY) * 1000;
  if (made.length === writes.length) asked.set(key, { seen, again });
  else asked.delete(key);
  return { world, answer };
}

export type Check = (synced?: Synced) => void;

/** `check` holds after every sync. */
export function syncAll(
  model: FarmModel,
  lags: Lags,
  check: Check = () => undefined,
  faultOf: () => Fault = () => noFault,
): void {
  for (const composite of family) {
    for (const key of parentsOf(model.cluster, composite)) {
      const synced = syncOne(model, composite, key, lags(composite), faultOf());
      if (synced !== undefined) check(synced);
    }
  }
}

export function syncSome(model: FarmModel, random: Random, check: Check): void {
  const composite = random.pick(family) as AnyComposite;
  const key = random.pick(parentsOf(model.cluster, composite));
  if (key === undefined) return;
  const synced = syncOne(model, composite, key, lateLags(model, random)(composite), faults(random)());
  if (synced !== undefined) check(synced);
}

/** Every cache is as late as it likes; the frozen one hears nothing. */
export function lateLags({ frozen }: FarmModel, random: Random): Lags {
  return (composite) => (most, key) => {
    if (frozen?.composite === composite && key.includes(`/${frozen.kind}/`)) return most;
    return random.oneIn(3) ? random.below(most + 1) : 0;
  };
}

/** Some syncs end in the middle, or one of their writes is refused. */
export function faults(random: Random): () => Fault {
  return () => (random.oneIn(8) ? () => random.oneIn(2) : noFault);
}

/** A hook hears nothing of a kind, or hears everything again. */
export function freeze(model: FarmModel, random: Random): void {
  const kinds = [...family.map(({ parent }) => parent), Deployment, StatefulSet, ConfigMap] as Resource[];
  const [parent, kind] = [random.pick(family)?.parent, random.pick(kinds)];
  if (parent === undefined || kind === undefined || random.oneIn(2)) model.frozen = undefined;
  else freezeOne(model, parent, kind);
}

/** The hook of `parent` hears nothing of `kind`. */
export function freezeOne(model: FarmModel, parent: Resource, { kind }: Resource): void {
  model.frozen = { composite: compositeOf(parent), kind };
}

export function keyOfObject(object: KubernetesObject): string {
  return keyOf(object as AnyObject);
}

/** The hook of a kind hears everything that there is. */
export function catchUp({ cluster, caches }: FarmModel, parent: Resource): void {
  view(cluster, caches.get(compositeOf(parent)) ?? new Map(), fresh);
}
