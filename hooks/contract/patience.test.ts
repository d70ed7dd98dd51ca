import { expect, test } from "vitest";
import { at, now } from "../../test/objects/workers.ts";
import { isOverdue, patienceLeft } from "./patience.ts";

test.each([
  [0, 20, false],
  [1, 19, false],
  [19, 1, false],
  [20, 0, true],
  [3600, 0, true],
  [-5, 25, false],
])("after %i seconds of waiting %i are left; overdue: %s", (seconds, left, overdue) => {
  expect(patienceLeft(at(-seconds), now)).toBe(left);
  expect(isOverdue(at(-seconds), now)).toBe(overdue);
});

test("a time with fractions is rounded to what is surely over", () => {
  expect(patienceLeft("2026-03-01T11:59:59.400Z", now)).toBe(20);
});
