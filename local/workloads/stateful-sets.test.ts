import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Event, StatefulSet } from "../../api/builtin.ts";
import { newWorld, type World } from "./test-world.ts";

let world: World;
beforeAll(async () => {
  world = await newWorld();
});
afterAll(() => world.close());

const key = { namespace: "default", name: "shards" };
const labels = { app: "shards" };
const shards: StatefulSet = {
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: key,
  spec: {
    serviceName: "shards",
    replicas: 2,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: "main", image: "shards:1" }] } },
  },
};

async function stored(): Promise<StatefulSet | undefined> {
  return world.client.get(StatefulSet, key);
}

test("a StatefulSet says that it is not run here, once, and again for what is new in it", async () => {
  await world.client.create(StatefulSet, shards);
  await world.start();
  await vi.waitFor(async () => {
    expect((await stored())?.status?.conditions).toMatchObject([
      { type: "ReplicaFailure", status: "True", reason: "PodNotRunnable", message: expect.stringContaining("cluster") },
    ]);
  });
  const [before] = (await stored())?.status?.conditions ?? [];

  await world.client.mergePatch(StatefulSet, key, { spec: { replicas: 3 } } as never);
  await vi.waitFor(async () => expect((await stored())?.status?.observedGeneration).toBe(2));
  expect((await stored())?.status?.conditions).toEqual([before]);
  await vi.waitFor(async () => {
    const { items } = await world.client.list(Event, { namespace: key.namespace });
    expect(items.map(({ reason, count = 1 }) => [reason, count])).toEqual([["PodNotRunnable", 1]]);
  });
});
