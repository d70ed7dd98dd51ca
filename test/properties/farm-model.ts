/** A farm with everybody who acts on it: Metacontroller with late caches, the controllers of pods, users. */

import { BuildbarnBrowser } from "../../api/buildbarn/buildbarn-browser.ts";
import { BuildbarnFrontend } from "../../api/buildbarn/buildbarn-frontend.ts";
import { BuildbarnScheduler } from "../../api/buildbarn/buildbarn-scheduler.ts";
import { BuildbarnStorage } from "../../api/buildbarn/buildbarn-storage.ts";
import { BuildbarnWorker } from "../../api/buildbarn/buildbarn-worker.ts";
import { Deployment, StatefulSet } from "../../api/builtin.ts";
import type { KubernetesObject, Resource } from "../../api/resource.ts";
import { ingredientsOf } from "../../hooks/buildbarn/plan.ts";
import { type AnyComposite, composites, type Settings } from "../../hooks/composites.ts";
import type { AnyObject } from "../../local/driver/json.ts";
import { settings as usualSettings } from "../objects/workers.ts";
import { objectFor } from "./arbitrary.ts";
import {
  all,
  type Cluster,
  collectGarbage,
  create,
  keyOf,
  newCluster,
  remove,
  time,
  update,
  writeStatus,
} from "./cluster.ts";
import { type Cache, fresh, type Lag, parentsOf, sync } from "./metacontroller.ts";
import type { Random } from "./random.ts";

/** A pod of a client: the largest shard map that it knows is what it may use until it is gone. */
interface ClientPod {
  /** UID of its Deployment. */
  owner: string;
  /** The ConfigMap that it reads, and how many shards that names. */
  configMap: string;
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
  /** Whether the cluster counts pods that are about to end. */
  countsTerminating: boolean;
  settings: Settings;
}

const family = composites.filter(({ parent }) => parent.group === BuildbarnStorage.group);
const clients = { frontend: BuildbarnFrontend, scheduler: BuildbarnScheduler, browser: BuildbarnBrowser };

function add(model: FarmModel, kind: Resource, name: string, spec: Record<string, unknown> = {}): void {
  create(model.cluster, objectFor(kind as never, name, spec));
}

export function emptyFarm({ countsTerminating = true, settings = usualSettings } = {}): FarmModel {
  return {
    cluster: newCluster(),
    caches: new Map(family.map((composite) => [composite, new Map()])),
    shards: new Map(),
    pods: [],
    countsTerminating,
    settings,
  };
}

/** A storage of two shards, and one client of each kind. */
export function newFarm(countsTerminating: boolean, fallbackSeconds: number): FarmModel {
  const model = emptyFarm({ countsTerminating });
  add(model, BuildbarnStorage, "storage", { replicas: 2, resharding: { readFallbackSeconds: fallbackSeconds } });
  for (const [name, kind] of Object.entries(clients)) add(model, kind, name, { replicas: 1 });
  add(model, BuildbarnWorker, "worker-a", { replicas: 2 });
  return model;
}

export function objectsOf<T extends KubernetesObject>({ cluster }: FarmModel, { kind }: Resource<T>): T[] {
  return all(cluster).filter((object) => object.kind === kind) as unknown as T[];
}

export function syncOne(model: FarmModel, composite: AnyComposite, key: string, lag: Lag): boolean {
  return sync(model.cluster, composite, key, model.settings, model.caches.get(composite), lag)?.written ?? false;
}

export function syncSome(model: FarmModel, random: Random): void {
  const composite = random.pick(family) as AnyComposite;
  const key = random.pick(parentsOf(model.cluster, composite));
  const lag: Lag = (most) => (random.oneIn(2) ? random.below(most + 1) : 0);
  if (key !== undefined) syncOne(model, composite, key, lag);
}

export function syncAll(model: FarmModel, lag: Lag): void {
  for (const composite of family) {
    for (const key of parentsOf(model.cluster, composite)) syncOne(model, composite, key, lag);
  }
}

/** The user wants another number of shards. */
export function scale(model: FarmModel, random: Random): void {
  const [storage] = objectsOf(model, BuildbarnStorage);
  if (storage === undefined) return;
  const spec = { ...storage.spec, replicas: 1 + random.below(4) };
  update(model.cluster, { ...storage, spec } as unknown as AnyObject);
}

/** The user adds or deletes a pool, or another client, or changes one. */
export function meddle(model: FarmModel, random: Random): void {
  const worker = objectsOf(model, BuildbarnWorker).find(({ metadata }) => metadata.name === "worker-b");
  const frontend = objectsOf(model, BuildbarnFrontend)[0];
  switch (random.below(4)) {
    case 0:
      if (worker !== undefined) remove(model.cluster, keyOf(worker as unknown as AnyObject));
      break;
    case 1:
      add(model, BuildbarnWorker, "worker-b", { replicas: 1 });
      break;
    case 2:
      if (frontend === undefined) add(model, BuildbarnFrontend, "frontend", { replicas: 1 });
      else remove(model.cluster, keyOf(frontend as unknown as AnyObject));
      break;
    default: {
      const spec = { ...frontend?.spec, replicas: random.below(3) };
      if (frontend !== undefined) update(model.cluster, { ...frontend, spec } as unknown as AnyObject);
    }
  }
}

/** One step of the controller of StatefulSets: a shard appears, gets ready, or goes. */
export function stepShards(model: FarmModel): void {
  const [statefulSet] = objectsOf(model, StatefulSet);
  if (statefulSet === undefined) return;
  const wanted = statefulSet.spec?.replicas ?? 0;
  const ordinals = [...Array(wanted).keys()];
  const unready = ordinals.find((ordinal) => model.shards.get(ordinal) !== true);
  if (unready !== undefined) model.shards.set(unready, model.shards.has(unready));
  const surplus = [...model.shards.keys()].filter((ordinal) => ordinal >= wanted);
  for (const ordinal of surplus) model.shards.delete(ordinal);

  const ready = [...model.shards.values()].filter(Boolean).length;
  writeStatus(model.cluster, keyOf(statefulSet as unknown as AnyObject), {
    observedGeneration: statefulSet.metadata.generation,
    replicas: model.shards.size,
    updatedReplicas: model.shards.size,
    readyReplicas: ready,
    availableReplicas: ready,
  });
}

function told(pod: ClientPod, now: number, graceSeconds: number): void {
  pod.isReady = false;
  pod.endsBy ??= now + graceSeconds * 1000;
}

/** One step of a rolling update: a new pod, or a ready one, or an old one told to stop. */
function roll(model: FarmModel, deployment: Deployment): boolean {
  const { uid = "" } = deployment.metadata;
  const { configMap = "", storage } = ingredientsOf(deployment) ?? {};
  const grace = deployment.spec?.template.spec?.terminationGracePeriodSeconds ?? 30;
  const living = model.pods.filter(({ owner, endsBy }) => owner === uid && endsBy === undefined);
  const current = living.filter((pod) => pod.configMap === configMap);
  const wanted = deployment.spec?.replicas ?? 1;
  const starting = current.find(({ isReady }) => !isReady);
  const old = living.find((pod) => pod.configMap !== configMap) ?? current[wanted];
  if (current.length < wanted) {
    model.pods.push({ owner: uid, configMap, shards: storage?.shards ?? 0, isReady: false });
  } else if (starting !== undefined) starting.isReady = true;
  else if (old !== undefined) told(old, model.cluster.now, grace);
  else return false;
  return true;
}

export function stepPods(model: FarmModel, random: Random): void {
  const deployments = objectsOf(model, Deployment);
  const deployment = random.pick(deployments);
  if (deployment !== undefined) stepDeployment(model, deployment);
  const ending = random.pick(model.pods.filter(({ endsBy }) => endsBy !== undefined));
  if (random.oneIn(6)) model.pods = model.pods.filter((pod) => pod !== ending);
}

export function stepDeployment(model: FarmModel, deployment: Deployment): void {
  const hasMoved = roll(model, deployment);
  const before = deployment.status?.conditions?.[0]?.lastUpdateTime;
  const own = model.pods.filter(({ owner }) => owner === deployment.metadata.uid);
  const living = own.filter(({ endsBy }) => endsBy === undefined);
  const ready = living.filter(({ isReady }) => isReady).length;
  const { configMap } = ingredientsOf(deployment) ?? {};
  const lastUpdateTime = hasMoved || before === undefined ? time(model.cluster) : before;
  writeStatus(model.cluster, keyOf(deployment as unknown as AnyObject), {
    observedGeneration: deployment.metadata.generation,
    replicas: living.length,
    updatedReplicas: living.filter((pod) => pod.configMap === configMap).length,
    readyReplicas: ready,
    availableReplicas: ready,
    ...(model.countsTerminating ? { terminatingReplicas: own.length - living.length } : {}),
    conditions: [{ type: "Progressing", status: "True", lastUpdateTime }],
  });
}

/** Pods without a Deployment are told to stop; those whose time is up are gone. */
export function passTime(model: FarmModel, seconds: number): void {
  collectGarbage(model.cluster);
  const living = new Set(objectsOf(model, Deployment).map(({ metadata }) => metadata.uid));
  const graceSeconds = 7260;
  for (const pod of model.pods.filter(({ owner }) => !living.has(owner))) {
    told(pod, model.cluster.now, pod.endsBy === undefined ? graceSeconds : 0);
  }
  model.cluster.now += seconds * 1000;
  model.pods = model.pods.filter(({ endsBy }) => endsBy === undefined || endsBy > model.cluster.now);
}

/** Everybody finishes, with fresh caches. `check` holds after every round. */
export function rest(model: FarmModel, check: (model: FarmModel) => void = () => undefined): void {
  for (let round = 0, quiet = 0; round < 80; round++) {
    const before = model.cluster.revision;
    passTime(model, 8000);
    syncAll(model, fresh);
    check(model);
    for (let times = 0; times < 8; times++) stepShards(model);
    for (const deployment of objectsOf(model, Deployment)) {
      for (let times = 0; times < 20; times++) stepDeployment(model, deployment);
    }
    quiet = model.cluster.revision === before ? quiet + 1 : 0;
    if (quiet === 2) return;
  }
  throw new Error("the farm never comes to rest");
}
