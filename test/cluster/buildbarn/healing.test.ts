/** Each of the five resources is deleted and made anew, while the others run. */

import { afterAll, beforeAll, expect, test } from "vitest";
import type { Resource } from "../../../api/resource.ts";
import { type Component, farmKinds } from "../../../hooks/buildbarn/kinds.ts";
import { components, type Farm, minimalFarm, podIdentities, podsOf, smallest, startFarm } from "./farm.ts";

let farm: Farm;
beforeAll(async () => {
  farm = await startFarm(...minimalFarm(smallest));
  await farm.settled();
});
afterAll(() => farm.close());

const kinds = farmKinds.map((kind) => [kind.kind, kind as unknown as Resource<Component>] as const);

test.each(kinds)("%s", async (kind, resource) => {
  const object = minimalFarm(smallest).find((each) => each.kind === kind) as Component;
  const { name } = object.metadata;
  const before = podIdentities(farm)[name];
  await farm.remove(resource, name);
  await farm.until("an end of its pods", () => podsOf(farm, name).length === 0);
  await farm.create(object);
  await farm.until("all five", () => components(farm).length === 5);
  await farm.settled();
  expect(podIdentities(farm)[name]).toHaveLength(1);
  expect(podIdentities(farm)[name]).not.toEqual(before);
});

test("all at once, and at once again", async () => {
  const objects = minimalFarm(smallest);
  const uids = components(farm).map(({ metadata }) => metadata.uid);
  for (const [, resource] of kinds)
    for (const { metadata } of farm.all(resource)) await farm.remove(resource, metadata.name);
  await farm.create(...objects);
  await farm.until("new ones", () => components(farm).every(({ metadata }) => !uids.includes(metadata.uid)));
  await farm.settled();
  for (const [name, pods] of Object.entries(podIdentities(farm))) expect(pods, name).toHaveLength(1);
});
