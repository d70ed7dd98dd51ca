/** What takes many steps in a farm, beside what makes it hard. */

import { BuildbarnFrontend } from "../../api/buildbarn/buildbarn-frontend.ts";
import { BuildbarnStorage } from "../../api/buildbarn/buildbarn-storage.ts";
import { BuildbarnWorker } from "../../api/buildbarn/buildbarn-worker.ts";
import { Deployment } from "../../api/builtin.ts";
import type { Resource } from "../../api/resource.ts";
import { latest, remove } from "./cluster.ts";
import { convert, raiseByHand } from "./farm-by-hand.ts";
import {
  add,
  type Check,
  catchUp,
  type FarmModel,
  faults,
  freezeOne,
  keyOfObject,
  lateLags,
  objectsOf,
  syncAll,
} from "./farm-model.ts";
import { endSome, passTime, stepDeployment, stepShards } from "./farm-pods.ts";
import { clientsOf, edit, generatedClient, meant } from "./farm-users.ts";
import type { Random } from "./random.ts";

function getOn(model: FarmModel, random: Random, check: Check, most: number): void {
  for (let rounds = 1 + random.below(most); rounds > 0; rounds--) {
    syncAll(model, lateLags(model, random), check, faults(random));
    for (let times = random.below(6); times > 0; times--) stepShards(model, random);
    check();
    endSome(model, random);
    for (const deployment of objectsOf(model, Deployment)) {
      for (let times = random.below(8); times > 0; times--) stepDeployment(model, deployment);
    }
    passTime(model, random.pick([0, 1, 40]) ?? 0);
    check();
  }
}

/** Most get on for a while, so that what takes many steps comes to its end; caches are late, and little time passes. */
export function progress(model: FarmModel, random: Random, check: Check): void {
  getOn(model, random, check, 6);
}

function scaleTo(model: FarmModel, name: string, replicas: number): void {
  const storage = objectsOf(model, BuildbarnStorage).find(({ metadata }) => metadata.name === name);
  edit(model, storage, { replicas });
}

/** A user changes his mind twice: what was said of the first map, or of its shards, sounds as if it were of the third. */
export function waver(model: FarmModel, random: Random, check: Check): void {
  const storage = random.pick(objectsOf(model, BuildbarnStorage));
  const client = random.pick(clientsOf(model));
  if (storage === undefined || client === undefined) return;
  const { metadata, spec } = storage;
  const isHeard = random.oneIn(2);
  model.frozen = undefined;
  model.moods = isHeard ? { StatefulSet: "silent" } : {};
  if (!isHeard) freezeOne(model, BuildbarnStorage, { kind: client.kind } as Resource);
  for (const replicas of [1 + random.below(4), spec.replicas]) {
    scaleTo(model, metadata.name, replicas);
    getOn(model, random, check, 12);
  }
}

/** A pool gets configuration that is written by hand, or more shards in it, and its hook hears of it last. */
export function surprise(model: FarmModel, random: Random, check: Check): void {
  if (random.oneIn(2)) raiseByHand(model);
  else convert(model, random);
  freezeOne(model, BuildbarnWorker, BuildbarnWorker);
  scaleTo(model, "storage", 1);
  getOn(model, random, check, 12);
}

/** A client goes over to the other storage and comes back: the first hears that it went, and shrinks, before it hears more. */
export function stray(model: FarmModel, random: Random, check: Check): void {
  const client = generatedClient(model, random);
  if (client === undefined) return;
  const kind = { kind: client.kind } as Resource;
  edit(model, client, meant(model, "other"));
  getOn(model, random, check, 3);
  freezeOne(model, BuildbarnStorage, kind);
  getOn(model, random, check, 12);
  catchUp(model, BuildbarnStorage);
  edit(model, latest(model.cluster, keyOfObject(client)), meant(model));
  scaleTo(model, "storage", 1);
  getOn(model, random, check, 12);
}

/** A client is deleted while its pods still end, and its shards are no longer wanted; or it is there again. */
export function farewell(model: FarmModel, random: Random, check: Check): void {
  const [frontend] = objectsOf(model, BuildbarnFrontend);
  if (frontend === undefined) add(model, BuildbarnFrontend, "frontend", { replicas: 2, ...meant(model) });
  else {
    remove(model.cluster, keyOfObject(frontend));
    scaleTo(model, "storage", 1);
  }
  getOn(model, random, check, 12);
}
