import { describe, expect, test } from "vitest";
import { syncRequest } from "../../test/objects/request.ts";
import { account, at, condition, now, workerRelease } from "../../test/objects/workers.ts";
import { unknown } from "./conditions.ts";
import { observe } from "./observed.ts";
import { childMissing, passedOn, pendingChildren, pendingResync } from "./pending.ts";

const pendingSince = (name: string, since: string) => ({ kind: "WorkerRelease", name, since });

function pending(before: ReturnType<typeof pendingSince>[], children: string[], desired: string[]) {
  const parent = account({}, { status: { pendingChildren: before } });
  const observed = observe(syncRequest({ parent, children: children.map((name) => workerRelease(name)) }), now);
  return pendingChildren(
    observed as never,
    desired.map((name) => workerRelease(name)),
  );
}

describe("children that are asked for and not there", () => {
  test.each([
    ["are remembered from the first time", [], [], ["a"], [pendingSince("a", now)]],
    [
      "keep the time at which they were first asked for",
      [pendingSince("a", at(-9))],
      [],
      ["a"],
      [pendingSince("a", at(-9))],
    ],
    ["are forgotten when they are there", [pendingSince("a", at(-9))], ["a"], ["a"], []],
    ["are forgotten when nobody asks for them", [pendingSince("a", at(-9))], [], [], []],
    ["are sorted by name", [], [], ["b", "a", "c"], ["a", "b", "c"].map((name) => pendingSince(name, now))],
  ])("%s", (_, before, children, desired, expected) => {
    expect(pending(before, children, desired)).toEqual(expected);
  });
});

describe("the verdict", () => {
  test("nothing is said while a cache may be late", () => {
    expect(childMissing(account(), [pendingSince("a", at(-19))], now)).toBeUndefined();
    expect(childMissing(account(), [], now)).toBeUndefined();
  });

  test("after twenty seconds something else has the name, or the API server refuses it", () => {
    expect(childMissing(account(), [pendingSince("a", at(-20)), pendingSince("b", now)], now)).toEqual({
      status: "False",
      reason: "ChildMissing",
      message:
        "WorkerRelease a was asked for and is not there: another object has that name, or the API server refuses it (a quota, an invalid field); events tell: kubectl -n team describe workeraccount acme",
    });
  });
});

describe("asking again", () => {
  test.each([
    ["never, when all are there", [], undefined],
    ["when patience ends", [at(-3)], 17],
    ["now and again, when it has ended: nothing tells that a name is free", [at(-20)], 30],
    ["as early as one of them is worth it", [at(-60), at(-5)], 15],
  ])("%s", (_, times, seconds) => {
    expect(
      pendingResync(
        times.map((since) => pendingSince("a", since)),
        now,
      ),
    ).toBe(seconds);
  });
});

describe("passing on", () => {
  const otherwise = unknown("Building", "it begins");
  const release = (...conditions: ReturnType<typeof condition>[]) => workerRelease("a", {}, { status: { conditions } });

  test.each([
    ["what a child says", [condition("Built", "True", "ImagePushed")], { status: "True", reason: "ImagePushed" }],
    [
      "that a child lacks a child of its own: then nothing else is known of it",
      [condition("Ready", "False", "ChildMissing"), condition("Built", "True", "ImagePushed")],
      { status: "Unknown", reason: "ChildMissing", message: "ChildMissing it is" },
    ],
    [
      "what a child says that is not ready for another reason",
      [condition("Ready", "False", "Other"), condition("Built", "False", "WorkerFault")],
      { status: "False", reason: "WorkerFault" },
    ],
    ["something else, where a child says nothing", [], otherwise],
  ])("%s", (_, conditions, expected) => {
    expect(passedOn(release(...conditions), "Built", otherwise)).toMatchObject(expected);
  });

  test("something else, where there is no child", () => {
    expect(passedOn(undefined, "Built", otherwise)).toEqual(otherwise);
  });
});
