import { describe, expect, test } from "vitest";
import { WorkerRelease } from "../../api/workers/worker-release.ts";
import { condition, now, stored } from "../../test/objects/workers.ts";
import { conditionOf, conditions, no, speaksOfSpec, unknown, verdictOf, yes } from "./conditions.ts";

function parentWith(...before: ReturnType<typeof condition>[]) {
  return stored(
    WorkerRelease,
    { name: "a", generation: 3, status: { conditions: before } },
    { accounts: "a", workerVersions: {} },
  );
}

describe("lastTransitionTime", () => {
  const before = condition("Ready", "False", "Building");

  test("stays while the status stays, even if reason and message change", () => {
    const [ready] = conditions(parentWith(before), { Ready: no("Draining", "a moment") }, now);
    expect(ready).toEqual({
      type: "Ready",
      status: "False",
      reason: "Draining",
      message: "a moment",
      lastTransitionTime: before.lastTransitionTime,
      observedGeneration: 3,
    });
  });

  test("is the time of the request when the status flips", () => {
    const [ready] = conditions(parentWith(before), { Ready: yes("Serving", "it serves") }, now);
    expect(ready?.lastTransitionTime).toBe(now);
  });

  test("is the time of the request for a condition that is new", () => {
    const [ready] = conditions(parentWith(), { Ready: unknown("Building", "it is built") }, now);
    expect(ready?.lastTransitionTime).toBe(now);
  });
});

test("conditions are sorted by type, with Ready first", () => {
  const verdict = yes("Yes", "yes");
  const types = conditions(parentWith(), { Zeta: verdict, Ready: verdict, Alpha: verdict, Beta: verdict }, now);
  expect(types.map(({ type }) => type)).toEqual(["Ready", "Alpha", "Beta", "Zeta"]);
});

test("an object without a generation speaks of its first", () => {
  const parent = { apiVersion: "v1", kind: "X", metadata: { name: "a" } };
  expect(conditions(parent, { Ready: yes("Yes", "yes") }, now)[0]?.observedGeneration).toBe(1);
});

test("a message is cut where it would fill the status", () => {
  expect(no("Long", "x".repeat(5000)).message).toBe(`${"x".repeat(4096)} ...`);
  expect(no("Short", "x".repeat(4096)).message).toBe("x".repeat(4096));
});

test("a condition of another object is passed on, and stands in for nothing", () => {
  const built = condition("Built", "True", "ImagePushed");
  const otherwise = unknown("Building", "not yet");
  expect(verdictOf(conditionOf(parentWith(built), "Built"), otherwise)).toEqual({
    status: "True",
    reason: "ImagePushed",
    message: "ImagePushed it is",
  });
  expect(verdictOf(conditionOf(undefined, "Built"), otherwise)).toBe(otherwise);
});

test("a status speaks of the spec only when it was written for its generation", () => {
  const release = parentWith();
  expect(speaksOfSpec({ ...release, status: { observedGeneration: 3 } })).toBe(true);
  expect(speaksOfSpec({ ...release, status: { observedGeneration: 2 } })).toBe(false);
  expect(speaksOfSpec(release)).toBe(false);
});
