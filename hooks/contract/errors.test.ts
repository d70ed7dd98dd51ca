import { expect, test } from "vitest";
import { badChild, badRequest, notObserved } from "./errors.ts";

test.each([
  ["a request that is none cannot be mended by asking again", badRequest("x"), 400, "BadRequest"],
  ["caches that are not filled yet will be", notObserved("x"), 503, "NotObserved"],
  ["a bad child is a bug", badChild("x"), 500, "BadChild"],
])("%s", (_, error, status, code) => {
  expect(error).toMatchObject({ name: "HookError", message: "x", status, code });
});
