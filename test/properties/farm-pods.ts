/** The pods of a farm, and those who act on them: controllers of Deployments and StatefulSets, kubelets. */

import { ConfigMap, Deployment, StatefulSet } from "../../api/builtin.ts";
import { ingredientsOf } from "../../hooks/buildbarn/plan.ts";
import type { AnyObject } from "../../local/driver/json.ts";
import { collectGarbage, keyOf, time, writeStatus } from "./cluster.ts";
import { type ClientPod, type FarmModel, objectsOf, syncAll } from "./farm-model.ts";
import { fresh } from "./metacontroller.ts";
import type { Random } from "./random.ts";

export function told(pod: ClientPod, now: number, graceSeconds: number): void {
  pod.isReady = false;
  pod.endsBy ??= now + graceSeconds * 1000;
}

/** How many shards a configuration names, as the program that reads it sees it. */
export function shardsNamed({ data = {} }: ConfigMap): number {
  const ordinals = Object.values(data).flatMap((text) =>
    Array.from(text.matchAll(/storage-(\d+)\.storage\b/g), ([, ordinal]) => Number(ordinal)),
  );
  return Math.max(0, ...ordinals.map((ordinal) => ordinal + 1));
}

/**
 * What pods of the Deployment's present template read. A ConfigMap that went while a cache still shows it comes back with
 * the next sync: pods wait until then.
 */
function configOf(model: FarmModel, deployment: Deployment): Pick<ClientPod, "config" | "shards"> | undefined {
  const { configMap = "", configHash = "" } = ingredientsOf(deployment) ?? {};
  const stored = objectsOf(model, ConfigMap).find(({ metadata }) => metadata.name === configMap);
  return stored && { config: `${configMap} ${configHash}`, shards: shardsNamed(stored) };
}

/** One step of a rolling update: a new pod, or a ready one, or an old one told to stop. */
function roll(model: FarmModel, deployment: Deployment): boolean {
  const { uid = "" } = deployment.metadata;
  const read = configOf(model, deployment);
  if (read === undefined) return false;
  const { config, shards } = read;
  const grace = deployment.spec?.template.spec?.terminationGracePeriodSeconds ?? 30;
  const living = model.pods.filter(({ owner, endsBy }) => owner === uid && endsBy === undefined);
  const current = living.filter((pod) => pod.config === config);
  const wanted = deployment.spec?.replicas ?? 1;
  const starting = current.find(({ isReady }) => !isReady);
  const old = living.find((pod) => pod.config !== config) ?? current[wanted];
  if (current.length < wanted) {
    model.pods.push({ owner: uid, config, shards, isReady: false });
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
  const config = configOf(model, deployment)?.config;
  const lastUpdateTime = hasMoved || before === undefined ? time(model.cluster) : before;
  writeStatus(model.cluster, keyOf(deployment as unknown as AnyObject), {
    observedGeneration: deployment.metadata.generation,
    replicas: living.length,
    updatedReplicas: living.filter((pod) => pod.config === config).length,
    readyReplicas: ready,
    availableReplicas: ready,
    ...(model.countsTerminating ? { terminatingReplicas: own.length - living.length } : {}),
    conditions: [{ type: "Progressing", status: "True", lastUpdateTime }],
  });
}

/** One step of the controller of StatefulSets: a shard appears, gets ready, or goes. */
export function stepShards(model: FarmModel, random?: Random): void {
  const [statefulSet] = objectsOf(model, StatefulSet);
  if (statefulSet === undefined) return;
  const wanted = statefulSet.spec?.replicas ?? 0;
  const ordinals = [...Array(wanted).keys()];
  const unready = ordinals.find((ordinal) => model.shards.get(ordinal) !== true);
  if (unready !== undefined) model.shards.set(unready, model.shards.has(unready));
  const surplus = [...model.shards.keys()].filter((ordinal) => ordinal >= wanted);
  for (const ordinal of surplus) model.shards.delete(ordinal);

  // What is done is told a moment later.
  if (random?.oneIn(3)) return;
  const ready = [...model.shards.values()].filter(Boolean).length;
  writeStatus(model.cluster, keyOf(statefulSet as unknown as AnyObject), {
    observedGeneration: statefulSet.metadata.generation,
    replicas: model.shards.size,
    updatedReplicas: model.shards.size,
    readyReplicas: ready,
    availableReplicas: ready,
  });
}

/** Half of the pods that were told to stop have done so, long before they must. */
export function endSome(model: FarmModel, random: Random): void {
  model.pods = model.pods.filter(({ endsBy }) => endsBy === undefined || random.oneIn(2));
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
