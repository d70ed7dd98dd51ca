import fc from "fast-check";
import { expect, test } from "vitest";
import { BuildbarnStorage } from "../../api/buildbarn/buildbarn-storage.ts";
import { Deployment, StatefulSet } from "../../api/builtin.ts";
import type { Resource } from "../../api/resource.ts";
import { ledgerOf } from "../../hooks/buildbarn/buildbarn-storage.shards.ts";
import { clientKinds, type StorageClient } from "../../hooks/buildbarn/kinds.ts";
import { ingredientsOf } from "../../hooks/buildbarn/plan.ts";
import {
  type FarmModel,
  meddle,
  newFarm,
  objectsOf,
  passTime,
  rest,
  scale,
  stepPods,
  stepShards,
  syncSome,
} from "./farm-model.ts";
import { type Random, randomFrom } from "./random.ts";
import { runs, timeout } from "./runs.ts";

const steps: Record<string, { weight: number; run: (model: FarmModel, random: Random) => void }> = {
  sync: { weight: 30, run: repeated(6, syncSome) },
  shards: { weight: 10, run: repeated(4, stepShards) },
  pods: { weight: 15, run: repeated(12, stepPods) },
  scale: { weight: 4, run: scale },
  meddle: { weight: 5, run: meddle },
  time: { weight: 4, run: (model, random) => passTime(model, random.pick([0, 1, 40, 400, 8000]) ?? 0) },
};

function repeated<T>(most: number, step: (model: FarmModel, random: Random) => T) {
  return (model: FarmModel, random: Random) => {
    for (let times = 1 + random.below(most); times > 0; times--) {
      step(model, random);
      checkSafety(model);
    }
  };
}

/** Nobody knows of a shard that is not there, or that was not ready when it was told of. */
function checkSafety(model: FarmModel): void {
  const [statefulSet] = objectsOf(model, StatefulSet);
  const asked = statefulSet?.spec?.replicas ?? 0;
  const inUse = Math.max(0, ...model.pods.map(({ shards }) => shards));
  const published = objectsOf(model, Deployment).map((deployment) => ingredientsOf(deployment)?.storage?.shards ?? 0);
  const known = Math.max(inUse, ...published, ledgerOf(statefulSet)?.shards ?? 0);
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
    expect(ingredientsOf(deployment)?.storage).toMatchObject({ shards: wanted });
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
  fallbackSeconds: fc.constantFrom(0, 0, 3600),
  schedule: fc.array(step, { minLength: 40, maxLength: 150, size: "max" }),
});

test("with caches as late as they like, no client ever knows of a shard that is not there, and in the end all is as wanted", {
  timeout,
}, () => {
  fc.assert(
    fc.property(farm, ({ countsTerminating, fallbackSeconds, schedule }) => {
      const model = newFarm(countsTerminating, fallbackSeconds);
      rest(model, checkSafety);
      checkRest(model);
      for (const { what, seed } of schedule) steps[what]?.run(model, randomFrom(seed));
      checkSafety(model);
      rest(model, checkSafety);
      checkRest(model);
    }),
    runs(12),
  );
});
