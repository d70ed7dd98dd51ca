/** The pods of a farm, and those who act on them: controllers of Deployments and StatefulSets, kubelets. */

import { ConfigMap, Deployment, StatefulSet } from "../../api/builtin.ts";
import { collectGarbage, latest, time, writeStatus } from "./cluster.ts";
import {
  type Check,
  type ClientPod,
  type FarmModel,
  keyOfObject,
  type Mood,
  objectsOf,
  syncAll,
} from "./farm-model.ts";
import { fresh } from "./metacontroller.ts";
import type { Random } from "./random.ts";

function tell(pod: ClientPod, now: number): void {
  pod.isReady = false;
  pod.endsBy ??= now + pod.graceSeconds * 1000;
}

/** A stored object never changes, so that what is found in it is found once. */
export function once<T extends object, R>(find: (stored: T) => R): (stored: T) => R {
  const known = new WeakMap<T, R>();
  return (stored) => {
    const found = known.get(stored) ?? find(stored);
    known.set(stored, found);
    return found;
  };
}

/** Names of the shards in a configuration, as the program that reads it sees them. */
export const shardsNamed = once(({ data = {} }: ConfigMap): readonly string[] => [
  ...new Set(
    Object.values(data).flatMap((text) =>
      Array.from(text.matchAll(/\b(([a-z]+)-\d+)\.\2\b/g), ([, name = ""]) => name),
    ),
  ),
]);

export const templateOf = once(({ spec }: Deployment) => JSON.stringify(spec?.template));

export function configMapOf({ spec }: Deployment): string {
  const [name = ""] = spec?.template.spec?.volumes?.flatMap(({ configMap }) => configMap?.name ?? []) ?? [];
  return name;
}

/**
 * A pod of the Deployment's present template, which reads its configuration when it begins. A ConfigMap that went while a
 * cache still shows it comes back with the next sync: pods wait until then.
 */
function newPod(model: FarmModel, deployment: Deployment): ClientPod | undefined {
  const configMap = configMapOf(deployment);
  const stored = objectsOf(model, ConfigMap).find(({ metadata }) => metadata.name === configMap);
  const { uid: owner = "" } = deployment.metadata;
  const graceSeconds = deployment.spec?.template.spec?.terminationGracePeriodSeconds ?? 30;
  const made = { owner, template: templateOf(deployment), configMap, graceSeconds, isReady: false };
  return stored && { ...made, shards: shardsNamed(stored) };
}

/** One step of a rolling update: a new pod, or a ready one, or an old one told to stop. */
function roll(model: FarmModel, deployment: Deployment): boolean {
  const { uid = "" } = deployment.metadata;
  const living = model.pods.filter(({ owner, endsBy }) => owner === uid && endsBy === undefined);
  const current = living.filter(({ template }) => template === templateOf(deployment));
  const wanted = deployment.spec?.replicas ?? 1;
  const starting = current.find(({ isReady }) => !isReady);
  const old = living.find((pod) => !current.includes(pod)) ?? current[wanted];
  if (current.length < wanted) {
    const pod = newPod(model, deployment);
    if (pod === undefined) return false;
    model.pods.push(pod);
  } else if (starting !== undefined) starting.isReady = true;
  else if (old !== undefined) tell(old, model.cluster.now);
  else return false;
  return true;
}

export function stepPods(model: FarmModel, random: Random): void {
  const deployment = random.pick(objectsOf(model, Deployment));
  if (deployment !== undefined) stepDeployment(model, deployment);
  const ending = random.pick(model.pods.filter(({ endsBy }) => endsBy !== undefined));
  if (random.oneIn(6)) model.pods = model.pods.filter((pod) => pod !== ending);
}

function moodOf({ moods }: FarmModel, { kind }: { kind: string }): Mood {
  return moods[kind] ?? "awake";
}

export function stepDeployment(model: FarmModel, deployment: Deployment): void {
  const { uid = "" } = deployment.metadata;
  const mood = moodOf(model, Deployment);
  if (mood === "asleep") return;
  if (roll(model, deployment)) model.untold.add(uid);
  if (mood === "silent") return;

  const key = keyOfObject(deployment);
  const { status } = latest(model.cluster, key) as unknown as Deployment;
  const before = status?.conditions?.[0]?.lastUpdateTime;
  const own = model.pods.filter(({ owner }) => owner === uid);
  const living = own.filter(({ endsBy }) => endsBy === undefined);
  const ready = living.filter(({ isReady }) => isReady).length;
  const lastUpdateTime = model.untold.delete(uid) || before === undefined ? time(model.cluster) : before;
  writeStatus(model.cluster, key, {
    observedGeneration: deployment.metadata.generation,
    replicas: living.length,
    updatedReplicas: living.filter(({ template }) => template === templateOf(deployment)).length,
    readyReplicas: ready,
    availableReplicas: ready,
    ...(model.countsTerminating ? { terminatingReplicas: own.length - living.length } : {}),
    conditions: [{ type: "Progressing", status: "True", lastUpdateTime }],
  });
}

export function shardNames({ metadata }: { metadata: { name: string } }, count: number): string[] {
  return Array.from({ length: count }, (_, ordinal) => `${metadata.name}-${ordinal}`);
}

/** One step of a StatefulSet's controller: a shard appears, gets ready, or goes. */
function stepPodsOf(statefulSet: StatefulSet, shards: Map<string, boolean>): void {
  const wanted = shardNames(statefulSet, statefulSet.spec?.replicas ?? 0);
  const unready = wanted.find((name) => shards.get(name) !== true);
  if (unready !== undefined) shards.set(unready, shards.has(unready));
  const there = [...shards.keys()].filter((name) => name.replace(/-\d+$/, "") === statefulSet.metadata.name);
  for (const name of there) if (!wanted.includes(name)) shards.delete(name);
}

function statefulSetStatus({ metadata, spec }: StatefulSet, shards: ReadonlyMap<string, boolean>) {
  const there = shardNames({ metadata }, spec?.replicas ?? 0).filter((name) => shards.has(name));
  const ready = there.filter((name) => shards.get(name)).length;
  return {
    observedGeneration: metadata.generation,
    replicas: there.length,
    updatedReplicas: there.length,
    readyReplicas: ready,
    availableReplicas: ready,
  };
}

export function stepShards(model: FarmModel, random?: Random): void {
  const mood = moodOf(model, StatefulSet);
  if (mood === "asleep") return;
  for (const statefulSet of objectsOf(model, StatefulSet)) {
    stepPodsOf(statefulSet, model.shards);
    // What is done is told a moment later.
    if (mood === "silent" || random?.oneIn(3)) continue;
    writeStatus(model.cluster, keyOfObject(statefulSet), statefulSetStatus(statefulSet, model.shards));
  }
}

/** Controllers of workloads stop, or stop telling what they do, or are as quick as ever. */
export function doze(model: FarmModel, random: Random): void {
  for (const { kind } of [Deployment, StatefulSet]) {
    model.moods[kind] = random.pick<Mood>(["awake", "awake", "asleep", "silent"]) ?? "awake";
  }
}

/** Half of the pods that were told to stop have done so, long before they must. */
export function endSome(model: FarmModel, random: Random): void {
  model.pods = model.pods.filter(({ endsBy }) => endsBy === undefined || random.oneIn(2));
}

/** Pods without a Deployment are told to stop; those whose time is up are gone. */
export function passTime(model: FarmModel, seconds: number): void {
  collectGarbage(model.cluster);
  const living = new Set(objectsOf(model, Deployment).map(({ metadata }) => metadata.uid));
  for (const pod of model.pods.filter(({ owner }) => !living.has(owner))) tell(pod, model.cluster.now);
  model.cluster.now += seconds * 1000;
  model.pods = model.pods.filter(({ endsBy }) => endsBy === undefined || endsBy > model.cluster.now);
}

/** Everybody finishes, with fresh caches. `check` holds after every sync and round. */
export function rest(model: FarmModel, check: Check = () => undefined): void {
  model.frozen = undefined;
  model.moods = {};
  for (let round = 0, quiet = 0; round < 80; round++) {
    const before = model.cluster.revision;
    passTime(model, 8000);
    syncAll(model, () => fresh, check);
    for (let times = 0; times < 8; times++) stepShards(model);
    check();
    for (const deployment of objectsOf(model, Deployment)) {
      for (let times = 0; times < 20; times++) stepDeployment(model, deployment);
    }
    check();
    quiet = model.cluster.revision === before ? quiet + 1 : 0;
    if (quiet === 2) return;
  }
  throw new Error("the farm never comes to rest");
}
