import fc from "fast-check";
import { expect, test } from "vitest";
import { BuildbarnStorage } from "../../api/buildbarn/buildbarn-storage.ts";
import { ConfigMap, Deployment, StatefulSet } from "../../api/builtin.ts";
import type { Resource } from "../../api/resource.ts";
import { ledgerOf } from "../../hooks/buildbarn/buildbarn-storage.shards.ts";
import { clientKinds, type StorageClient } from "../../hooks/buildbarn/kinds.ts";
import { ingredientsOf } from "../../hooks/buildbarn/plan.ts";
import { type FarmModel, freeze, lateLag, objectsOf, syncAll, syncSome } from "./farm-model.ts";
import { endSome, passTime, rest, stepDeployment, stepPods, stepShards } from "./farm-pods.ts";
import { editByHand, meddle, newFarm, scale } from "./farm-users.ts";
import { type Random, randomFrom } from "./random.ts";
import { runs, timeout } from "./runs.ts";

const steps: Record<string, { weight: number; run: (model: FarmModel, random: Random) => void }> = {
  sync: { weight: 15, run: repeated(6, syncSome) },
  shards: { weight: 5, run: repeated(4, stepShards) },
  pods: { weight: 8, run: repeated(12, stepPods) },
  scale: { weight: 8, run: scale },
  meddle: { weight: 4, run: meddle },
  progress: { weight: 25, run: progress },
  freeze: { weight: 4, run: freeze },
  edit: { weight: 3, run: (model, random) => editByHand(model, 1 + random.below(2)) },
  time: { weight: 4, run: (model, random) => passTime(model, random.pick([0, 1, 40, 400, 8000]) ?? 0) },
};

/** Most get on for a while, so that what takes many steps comes to its end; caches are late, and little time passes. */
function progress(model: FarmModel, random: Random): void {
  for (let rounds = 1 + random.below(6); rounds > 0; rounds--) {
    syncAll(model, lateLag(model, random), () => checkSafety(model));
    for (let times = 0; times < 4; times++) stepShards(model, random);
    checkSafety(model);
    endSome(model, random);
    for (const deployment of objectsOf(model, Deployment)) {
      for (let times = random.below(8); times > 0; times--) stepDeployment(model, deployment);
    }
    passTime(model, random.pick([0, 1, 40]) ?? 0);
    checkSafety(model);
  }
}

function repeated<T>(most: number, step: (model: FarmModel, random: Random) => T) {
  return (model: FarmModel, random: Random) => {
    for (let times = 1 + random.below(most); times > 0; times--) {
      step(model, random);
      checkSafety(model);
    }
  };
}

/** Every map that there ever was, by its revision. */
type Maps = Map<number, string>;
const maps = new WeakMap<FarmModel, Maps>();

/** A revision means one map, so that nobody can speak of another one. */
function checkLedger(model: FarmModel, statefulSet: StatefulSet | undefined): void {
  const known = maps.get(model) ?? new Map();
  maps.set(model, known);
  const ledger = ledgerOf(statefulSet);
  if (ledger === undefined) return;
  const { revision, shards, previousShards } = ledger;
  const map = JSON.stringify({ shards, previousShards });
  expect(known.get(revision) ?? map, `revision ${revision}`).toBe(map);
  known.set(revision, map);
}

interface Sharding {
  sharding: { shards: Record<string, unknown> };
}

const read = new WeakMap<object, string>();

/** A stored object never changes, so that it is read once. */
function mapOf(stored: ConfigMap): string {
  const known = read.get(stored) ?? mapIn(stored);
  read.set(stored, known);
  return known;
}

/** What a generated configuration says of shards: where blobs are, and where they were before. */
function mapIn({ data = {} }: ConfigMap): string {
  const [text = "{}"] = Object.values(data).filter((file) => file.includes('"sharding"'));
  const config = JSON.parse(text.replaceAll(/std\.extVar\("\w+"\)/g, '""'));
  const store = config.blobstore?.contentAddressableStorage ?? config.contentAddressableStorage;
  const { primary, secondary } = (store.backend ?? store).readFallback ?? { primary: store.backend ?? store };
  const count = (part: Sharding | undefined) => part && Object.keys(part.sharding.shards).length;
  return JSON.stringify({ shards: count(primary), previousShards: count(secondary) });
}

/** A configuration names what the map of its revision does, the new shards first. */
function checkConfiguration(model: FarmModel, deployment: Deployment): void {
  const { configMap, storage } = ingredientsOf(deployment) ?? {};
  const stored = objectsOf(model, ConfigMap).find(({ metadata }) => metadata.name === configMap);
  if (storage !== undefined && stored !== undefined) expect(mapOf(stored)).toBe(maps.get(model)?.get(storage.revision));
}

/** Nobody knows of a shard that is not there, or that was not ready when it was told of. */
function checkSafety(model: FarmModel): void {
  const [statefulSet] = objectsOf(model, StatefulSet);
  checkLedger(model, statefulSet);
  const deployments = objectsOf(model, Deployment);
  for (const deployment of deployments) checkConfiguration(model, deployment);
  const asked = statefulSet?.spec?.replicas ?? 0;
  const inUse = Math.max(0, ...model.pods.map(({ shards }) => shards));
  const published = deployments.map((deployment) => ingredientsOf(deployment)?.storage?.shards ?? 0);
  const { shards = 0, previousShards = 0 } = ledgerOf(statefulSet) ?? {};
  const known = Math.max(inUse, ...published, shards, previousShards);
  expect(asked).toBeGreaterThanOrEqual(known);
  for (let ordinal = 0; ordinal < known; ordinal++) {
    expect(model.shards.get(ordinal), `shard ${ordinal} of ${known}`).toBe(true);
  }
}

function checkRest(model: FarmModel): void {
  const [storage] = objectsOf(model, BuildbarnStorage);
  const [statefulSet] = objectsOf(model, StatefulSet);
  const wanted = storage?.spec.replicas;
  expect(statefulSet?.spec?.replicas).toBe(wanted);
  expect(storage?.status?.shardMap).toMatchObject({ shards: wanted });
  for (const deployment of objectsOf(model, Deployment)) {
    const { storage } = ingredientsOf(deployment) ?? {};
    if (storage !== undefined) expect(storage).toMatchObject({ shards: wanted });
  }
  for (const { kind, metadata, status } of clientKinds.flatMap((kind) =>
    objectsOf(model, kind as unknown as Resource<StorageClient>),
  )) {
    const ready = status?.conditions?.find(({ type }) => type === "Ready");
    expect(ready, `${kind} ${metadata.name}`).toMatchObject({ status: "True" });
  }
}

const step = fc.record({
  what: fc.oneof(...Object.entries(steps).map(([name, { weight }]) => ({ weight, arbitrary: fc.constant(name) }))),
  seed: fc.nat(),
});

const farm = fc.record({
  countsTerminating: fc.boolean(),
  fallbackSeconds: fc.constantFrom(0, 3600),
  configShards: fc.constantFrom(undefined, undefined, undefined, 0, 2),
  schedule: fc.array(step, { minLength: 10, maxLength: 40, size: "max" }),
});

test("with caches as late as they like, no client ever knows of a shard that is not there, and in the end all is as wanted", {
  timeout,
}, () => {
  fc.assert(
    fc.property(farm, ({ schedule, ...options }) => {
      const model = newFarm(options);
      rest(model, checkSafety);
      if (options.configShards !== 0) checkRest(model);
      for (const { what, seed } of schedule) steps[what]?.run(model, randomFrom(seed));
      checkSafety(model);
      rest(model, checkSafety);
      for (let times = 0; times < 2; times++) {
        editByHand(model, 1);
        rest(model, checkSafety);
      }
      checkRest(model);
    }),
    runs(20),
  );
});
