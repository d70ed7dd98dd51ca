import { expect, test } from "vitest";
import { inOrder } from "./order.ts";

test("texts are ordered by code units, in no language", () => {
  expect(["b", "a", "B", "_", "ä", "a", "-"].sort(inOrder)).toEqual(["-", "B", "_", "a", "a", "b", "ä"]);
});
