/** What users do to a farm. */

import { BuildbarnBrowser } from "../../api/buildbarn/buildbarn-browser.ts";
import { BuildbarnFrontend } from "../../api/buildbarn/buildbarn-frontend.ts";
import { BuildbarnScheduler } from "../../api/buildbarn/buildbarn-scheduler.ts";
import { BuildbarnStorage } from "../../api/buildbarn/buildbarn-storage.ts";
import { BuildbarnWorker } from "../../api/buildbarn/buildbarn-worker.ts";
import { ConfigMap, Deployment } from "../../api/builtin.ts";
import type { AnyObject } from "../../local/driver/json.ts";
import { create, keyOf, remove, update } from "./cluster.ts";
import { add, emptyFarm, type FarmModel, objectsOf } from "./farm-model.ts";
import { shardsNamed } from "./farm-pods.ts";
import type { Random } from "./random.ts";

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

const byHand = "by-hand";

function handwritten(shards: number) {
  const addresses = Array.from({ length: shards }, (_, ordinal) => `storage-${ordinal}.storage.team:8981`).join();
  return { "worker-ubuntu22-04.jsonnet": addresses, "runner-ubuntu22-04.jsonnet": "{}" };
}

/** A pool whose configuration names the two shards that there are at first. */
function addByHand(model: FarmModel, configShards: number): void {
  const metadata = { name: byHand, namespace: "team" };
  create(model.cluster, { apiVersion: "v1", kind: "ConfigMap", metadata, data: handwritten(2) });
  const said = configShards === 0 ? {} : { configShards };
  add(model, BuildbarnWorker, byHand, { replicas: 1, configMapName: byHand, ...said });
}

function poolByHand(model: FarmModel): BuildbarnWorker | undefined {
  return objectsOf(model, BuildbarnWorker).find(({ metadata }) => metadata.name === byHand);
}

function say(model: FarmModel, configShards: number): void {
  const pool = poolByHand(model);
  const changed = { ...pool, spec: { ...pool?.spec, configShards } };
  if (pool !== undefined) update(model.cluster, changed as unknown as AnyObject);
}

/** First the configuration names fewer shards; only when no pod knows more, the resource says so. */
export function editByHand(model: FarmModel, shards: number): void {
  const map = objectsOf(model, ConfigMap).find(({ metadata }) => metadata.name === byHand);
  if (map === undefined || poolByHand(model) === undefined) return;
  if (shardsNamed(map) > shards) {
    update(model.cluster, { ...map, data: handwritten(shards) } as unknown as AnyObject);
    return;
  }
  const deployment = objectsOf(model, Deployment).find(({ metadata }) => metadata.name === byHand);
  const known = model.pods.filter(({ owner }) => owner === deployment?.metadata.uid).map((pod) => pod.shards);
  if (deployment !== undefined && Math.max(...known) <= shardsNamed(map)) say(model, shardsNamed(map));
}

const clients = { frontend: BuildbarnFrontend, scheduler: BuildbarnScheduler, browser: BuildbarnBrowser };

export interface FarmOptions {
  countsTerminating: boolean;
  fallbackSeconds: number;
  /** A pool whose configuration is written by hand says so of it; 0: it says nothing. None: there is no such pool. */
  configShards?: number | undefined;
}

/** A storage of two shards, and one client of each kind. */
export function newFarm({ countsTerminating, fallbackSeconds, configShards }: FarmOptions): FarmModel {
  const model = emptyFarm(countsTerminating);
  add(model, BuildbarnStorage, "storage", { replicas: 2, resharding: { readFallbackSeconds: fallbackSeconds } });
  for (const [name, kind] of Object.entries(clients)) add(model, kind, name, { replicas: 1 });
  add(model, BuildbarnWorker, "worker-a", { replicas: 2 });
  if (configShards !== undefined) addByHand(model, configShards);
  return model;
}
