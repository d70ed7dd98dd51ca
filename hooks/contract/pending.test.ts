import { describe, expect, test } from "vitest";
import { syncRequest } from "../../test/objects/request.ts";
import { account, at, now, workerRelease } from "../../test/objects/workers.ts";
import { observe } from "./observed.ts";
import { childMissing, pendingChildren } from "./pending.ts";

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
    expect(childMissing([pendingSince("a", at(-19))], now)).toBeUndefined();
    expect(childMissing([], now)).toBeUndefined();
  });

  test("after twenty seconds something else has the name", () => {
    expect(childMissing([pendingSince("a", at(-20)), pendingSince("b", now)], now)).toEqual({
      status: "False",
      reason: "ChildMissing",
      message:
        "WorkerRelease a was asked for and is not there: another object of that name may exist; delete or rename it",
    });
  });
});
