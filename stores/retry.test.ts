import { expect, test } from "vitest";
import { StoreError } from "./error.ts";
import { retryTransient } from "./retry.ts";

function failing(times: number, error: Error) {
  let calls = 0;
  return {
    calls: () => calls,
    async task() {
      calls += 1;
      if (calls <= times) throw error;
      return "done";
    },
  };
}

const unreachable = new StoreError("unreachable", "no answer");

test("what heals is tried again until it does", async () => {
  const { task, calls } = failing(3, unreachable);
  expect(await retryTransient(task, { firstPauseMs: 1 })).toBe("done");
  expect(calls()).toBe(4);
});

test("what cannot heal is not", async () => {
  const { task, calls } = failing(3, new StoreError("denied", "no"));
  await expect(retryTransient(task, { firstPauseMs: 1 })).rejects.toMatchObject({ kind: "denied" });
  expect(calls()).toBe(1);
});

test("the last error is thrown when the time is up", async () => {
  const { task } = failing(Number.POSITIVE_INFINITY, unreachable);
  await expect(retryTransient(task, { forMs: 20, firstPauseMs: 1 })).rejects.toBe(unreachable);
});

test("a signal ends the waiting", async () => {
  const controller = new AbortController();
  const { task } = failing(Number.POSITIVE_INFINITY, unreachable);
  const result = retryTransient(task, { firstPauseMs: 60_000, forMs: 120_000, signal: controller.signal });
  controller.abort();
  await expect(result).rejects.toMatchObject({ name: "AbortError" });
});
