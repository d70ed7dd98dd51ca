/** Users who write configuration by hand: they keep to the order that docs/resharding.md asks of them. */

import { BuildbarnStorage } from "../../api/buildbarn/buildbarn-storage.ts";
import { BuildbarnWorker } from "../../api/buildbarn/buildbarn-worker.ts";
import { ConfigMap, Deployment, StatefulSet } from "../../api/builtin.ts";
import { ledgerOf } from "../../hooks/buildbarn/buildbarn-storage.shards.ts";
import type { AnyObject } from "../../local/driver/json.ts";
import { create, update } from "./cluster.ts";
import { add, catchUp, type FarmModel, objectsOf } from "./farm-model.ts";
import { shardsNamed } from "./farm-pods.ts";
import { edit, meant, poolOf } from "./farm-users.ts";
import type { Random } from "./random.ts";

const byHand = "by-hand";

function handwritten(shards: number) {
  const addresses = Array.from({ length: shards }, (_, ordinal) => `storage-${ordinal}.storage.team:8981`).join();
  return { "worker-ubuntu22-04.jsonnet": addresses, "runner-ubuntu22-04.jsonnet": "{}" };
}

/** Configuration names one shard or two; a pool says so of it, or 0: it says nothing. */
export function addByHand(model: FarmModel, configShards: number | undefined): void {
  const metadata = { name: byHand, namespace: "team" };
  create(model.cluster, { apiVersion: "v1", kind: "ConfigMap", metadata, data: handwritten(configShards || 2) });
  if (configShards === undefined) return;
  const said = configShards === 0 ? {} : { configShards };
  add(model, BuildbarnWorker, byHand, { replicas: 1, configMapName: byHand, ...said, ...meant(model) });
}

function poolsByHand(model: FarmModel): BuildbarnWorker[] {
  return objectsOf(model, BuildbarnWorker).filter(({ spec }) => spec.configMapName === byHand);
}

function configMap(model: FarmModel): ConfigMap {
  return objectsOf(model, ConfigMap).find(({ metadata }) => metadata.name === byHand) as ConfigMap;
}

function write(model: FarmModel, shards: number): void {
  update(model.cluster, { ...configMap(model), data: handwritten(shards) } as unknown as AnyObject);
}

function say(model: FarmModel, configShards: number): void {
  for (const pool of poolsByHand(model)) edit(model, pool, { configShards });
}

/** First the configuration names fewer shards; only when no pod knows more, the resources say so. */
export function lowerByHand(model: FarmModel, shards: number): void {
  const named = shardsNamed(configMap(model)).length;
  if (named > shards) {
    write(model, shards);
    return;
  }
  const pools = poolsByHand(model);
  const owners = objectsOf(model, Deployment).filter(({ metadata }) =>
    pools.some((pool) => pool.metadata.name === metadata.name),
  );
  if (owners.length < pools.length) return;
  const pods = model.pods.filter(({ owner }) => owners.some(({ metadata }) => metadata.uid === owner));
  if (pods.every((pod) => pod.shards.length <= named)) say(model, named);
}

/** How many shards stay as long as nobody asks for fewer. */
function lastingShards(model: FarmModel): number {
  const storage = objectsOf(model, BuildbarnStorage).find(({ metadata }) => metadata.name === "storage");
  const stored = objectsOf(model, StatefulSet).find(({ metadata }) => metadata.name === "storage");
  return Math.min(storage?.spec.replicas ?? 0, ledgerOf(stored)?.shards ?? 0);
}

/** More shards only while the storage keeps its number: the resources say so first, and the storage hears it. */
export function raiseByHand(model: FarmModel): void {
  const wanted = shardsNamed(configMap(model)).length + 1;
  const isSaid = poolsByHand(model).every(({ spec }) => spec.configShards === wanted - 1);
  if (!isSaid || wanted > lastingShards(model)) return;
  say(model, wanted);
  catchUp(model, BuildbarnStorage);
  write(model, wanted);
}

/** A pool whose configuration was generated gets one that is written by hand, or the other way round. */
export function convert(model: FarmModel, random: Random): void {
  const pool = poolOf(model, random.pick(["worker-a", "worker-b"]) ?? "");
  if (pool?.spec.storageRef?.name === "other") return;
  const configShards = shardsNamed(configMap(model)).length;
  if (pool?.spec.configMapName === byHand) edit(model, pool, { configMapName: undefined, configShards: undefined });
  else if (configShards <= lastingShards(model)) edit(model, pool, { configMapName: byHand, configShards });
}
