/** Shards come and go while clients run: two to four to three, and what holds them. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { BuildbarnFrontend } from "../../../api/buildbarn/buildbarn-frontend.ts";
import { BuildbarnStorage } from "../../../api/buildbarn/buildbarn-storage.ts";
import { Pod, StatefulSet } from "../../../api/builtin.ts";
import { conditionOf } from "../../../hooks/contract/conditions.ts";
import { violations } from "../../buildbarn/replay.ts";
import { components, configMap, type Farm, generatedConfig, minimalFarm, startFarm } from "./farm.ts";

/** Longer than anything else here takes: whoever is told to stop goes on while others roll. */
const actionSeconds = 12;

let farm: Farm;
beforeAll(async () => {
  const environment = { STAND_IN_ACTION_SECONDS: String(actionSeconds) };
  farm = await startFarm(...minimalFarm({ BuildbarnWorker: { replicas: 1, environment } }));
  await farm.settled();
});
afterAll(() => farm.close());

function shards(): number | undefined {
  return farm.find(StatefulSet, "storage")?.spec?.replicas;
}

function clients() {
  return components(farm).filter((component) => component.kind !== "BuildbarnStorage");
}

/** Every client has pods with the map of so many shards; older ones may still be ending. */
function haveMapOf(count: number): boolean {
  return clients().every(({ status }) => status?.storage?.shards === count && status.state === "Ready");
}

function seenPods(): Pod[] {
  return farm.seen.flatMap(({ object }) => (object.kind === Pod.kind ? [object as Pod] : []));
}

test("two to four to three: nobody is told of a shard that is not ready, and none goes that somebody uses", async () => {
  await farm.change(BuildbarnStorage, "storage", { replicas: 4 });
  await farm.until("clients with four shards", () => haveMapOf(4));
  await farm.change(BuildbarnStorage, "storage", { replicas: 3 });
  await farm.until("clients with three shards", () => haveMapOf(3));
  expect.soft(shards(), "while a worker finishes its action").toBe(4);
  await farm.settled();
  await farm.until("three shards", () => shards() === 3 && farm.find(Pod, "storage-3") === undefined);

  expect(violations("storage", farm.seen)).toEqual([]);
  const told = farm.seen.flatMap(({ object }) =>
    object.kind === BuildbarnStorage.kind ? [(object as BuildbarnStorage).status?.shardMap?.shards ?? 0] : [],
  );
  expect(told.filter((count, index) => count !== told[index - 1])).toEqual([0, 2, 4, 3]);
});

test("workers that were told to stop finished their actions, and no client lost a shard or a runner", () => {
  const ends = seenPods()
    .filter(({ metadata }) => metadata.labels?.app !== "storage")
    .flatMap(({ metadata, status }) =>
      (status?.containerStatuses ?? []).flatMap(({ state }) =>
        state?.terminated === undefined ? [] : [{ app: metadata.labels?.app, ...state.terminated }],
      ),
    );
  expect(ends.filter(({ app, exitCode }) => app === "worker" && exitCode === 0)).not.toEqual([]);
  expect(ends.flatMap(({ message, exitCode }) => (message === undefined && exitCode === 0 ? [] : [message]))).toEqual(
    [],
  );
});

test("a client with a ConfigMap of its own holds what it may use, until it says what that is", async () => {
  await farm.create(configMap("by-hand", generatedConfig(farm, "frontend")), {
    apiVersion: "buildbarn.io/v1alpha1",
    kind: "BuildbarnFrontend",
    metadata: { name: "by-hand" },
    spec: { replicas: 1, configMapName: "by-hand" },
  } as BuildbarnFrontend);
  await farm.settled();
  await farm.change(BuildbarnStorage, "storage", { replicas: 2 });
  const held = await farm.until("a storage that waits for it alone", () => {
    const progressing = conditionOf(farm.find(BuildbarnStorage, "storage"), "Progressing");
    return progressing?.message.endsWith("stay until BuildbarnFrontend by-hand let go of them") && progressing;
  });
  expect(held).toMatchObject({ status: "True", reason: "Shrinking" });
  expect(shards()).toBe(3);

  await farm.change(BuildbarnFrontend, "by-hand", { configShards: 2 });
  await farm.settled();
  expect(shards()).toBe(2);
});
