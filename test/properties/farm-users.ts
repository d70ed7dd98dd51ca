/** What users do to a farm. */

import { BuildbarnBrowser } from "../../api/buildbarn/buildbarn-browser.ts";
import { BuildbarnFrontend } from "../../api/buildbarn/buildbarn-frontend.ts";
import { BuildbarnScheduler } from "../../api/buildbarn/buildbarn-scheduler.ts";
import { BuildbarnStorage } from "../../api/buildbarn/buildbarn-storage.ts";
import { BuildbarnWorker } from "../../api/buildbarn/buildbarn-worker.ts";
import type { KubernetesObject, Resource } from "../../api/resource.ts";
import { clientKinds, type StorageClient } from "../../hooks/buildbarn/kinds.ts";
import type { AnyObject } from "../../local/driver/json.ts";
import { remove, update } from "./cluster.ts";
import { add, emptyFarm, type FarmModel, keyOfObject, objectsOf } from "./farm-model.ts";
import type { Random } from "./random.ts";

/** The user changes fields of a resource. */
export function edit(
  model: FarmModel,
  object: (KubernetesObject & { spec?: object }) | undefined,
  fields: object,
): void {
  if (object === undefined) return;
  const spec = Object.entries({ ...object.spec, ...fields }).filter(([, value]) => value !== undefined);
  update(model.cluster, { ...object, spec: Object.fromEntries(spec) } as unknown as AnyObject);
}

export function clientsOf(model: FarmModel): StorageClient[] {
  return clientKinds.flatMap((kind) => objectsOf(model, kind as unknown as Resource<StorageClient>));
}

/** The user wants another number of shards. */
export function scale(model: FarmModel, random: Random): void {
  edit(model, random.pick(objectsOf(model, BuildbarnStorage)), { replicas: 1 + random.below(4) });
}

/** Where there are two storages, clients have to say which they mean. */
export function meant(model: FarmModel, name = "storage"): { storageRef?: { name: string } } {
  return objectsOf(model, BuildbarnStorage).length > 1 ? { storageRef: { name } } : {};
}

export function generatedClient(model: FarmModel, random: Random): StorageClient | undefined {
  return random.pick(clientsOf(model).filter(({ spec }) => spec.configMapName === undefined));
}

/** A client goes over to the other storage, or comes back. */
export function move(model: FarmModel, random: Random): void {
  edit(model, generatedClient(model, random), meant(model, random.pick(["other", "other", "storage"])));
}

export function poolOf(model: FarmModel, name: string): BuildbarnWorker | undefined {
  return objectsOf(model, BuildbarnWorker).find(({ metadata }) => metadata.name === name);
}

/** The user adds or deletes a pool, or another client, or changes one. */
export function meddle(model: FarmModel, random: Random): void {
  const pool = poolOf(model, "worker-b");
  const [frontend] = objectsOf(model, BuildbarnFrontend);
  switch (random.below(5)) {
    case 0:
      if (pool !== undefined) remove(model.cluster, keyOfObject(pool));
      break;
    case 1:
      add(model, BuildbarnWorker, "worker-b", { replicas: 1, ...meant(model) });
      break;
    case 2:
      if (frontend === undefined) add(model, BuildbarnFrontend, "frontend", { replicas: 1, ...meant(model) });
      else remove(model.cluster, keyOfObject(frontend));
      break;
    case 3:
      edit(model, frontend, { replicas: random.below(3) });
      break;
    default:
      edit(model, random.pick(clientsOf(model)), { configOverrides: { note: random.below(2) } });
  }
}

export const optionalClients: Record<string, Resource> = {
  frontend: BuildbarnFrontend,
  browser: BuildbarnBrowser,
  "worker-a": BuildbarnWorker,
};

export interface FarmOptions {
  countsTerminating: boolean;
  fallbackSeconds: number;
  /** Whether there is a second storage. */
  hasOther: boolean;
  /** Clients beside the scheduler. */
  clients: readonly string[];
}

/** A storage of two shards, and clients. */
export function newFarm({ countsTerminating, fallbackSeconds, hasOther, clients }: FarmOptions): FarmModel {
  const model = emptyFarm({ countsTerminating });
  const resharding = { readFallbackSeconds: fallbackSeconds };
  for (const name of hasOther ? ["storage", "other"] : ["storage"]) {
    add(model, BuildbarnStorage, name, { replicas: 2, resharding });
  }
  add(model, BuildbarnScheduler, "scheduler", meant(model));
  for (const name of clients) {
    const kind = optionalClients[name];
    if (kind !== undefined) add(model, kind, name, { replicas: 2, ...meant(model) });
  }
  return model;
}
