import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { queue } from "./queue.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A queue that records runs; `finish` ends the oldest run of a key. */
function recorded(workers = 2) {
  const runs: { key: string; at: number }[] = [];
  const open: { key: string; finish: () => void }[] = [];
  const start = Date.now();
  const work = queue({
    workers,
    process: (key) =>
      new Promise((resolve) => {
        runs.push({ key, at: Date.now() - start });
        open.push({ key, finish: resolve });
      }),
  });
  async function finish(key: string): Promise<void> {
    const index = open.findIndex((each) => each.key === key);
    open.splice(index, 1)[0]?.finish();
    await vi.advanceTimersByTimeAsync(0);
  }
  const settle = () => vi.advanceTimersByTimeAsync(0);
  return { work, runs, finish, settle, keys: () => runs.map(({ key }) => key) };
}

describe("adding", () => {
  it("coalesces while the key waits", async () => {
    const { work, keys, settle } = recorded();
    work.add("a");
    work.add("a");
    await settle();
    expect(keys()).toEqual(["a"]);
  });

  it("runs the key once more when it was added while it ran, never twice at a time", async () => {
    const { work, keys, finish, settle } = recorded();
    work.add("a");
    await settle();
    work.add("a");
    work.add("a");
    await settle();
    expect(keys()).toEqual(["a"]);
    await finish("a");
    expect(keys()).toEqual(["a", "a"]);
  });

  it("keeps to the number of workers, and a running key does not block the others", async () => {
    const { work, keys, finish, settle } = recorded(2);
    for (const key of ["a", "b", "a", "c"]) work.add(key);
    await settle();
    expect(keys()).toEqual(["a", "b"]);
    work.add("a");
    await finish("b");
    expect(keys()).toEqual(["a", "b", "c"]);
  });
});

describe("delays", () => {
  it("lets the earliest win, whichever was asked for first", async () => {
    const { work, runs, finish } = recorded();
    work.addAfter("a", 1_000);
    work.addAfter("a", 4_000);
    work.addAfter("b", 4_000);
    work.addAfter("b", 1_000);
    await vi.advanceTimersByTimeAsync(1_000);
    await finish("a");
    await finish("b");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(runs).toEqual([
      { key: "a", at: 1_000 },
      { key: "b", at: 1_000 },
    ]);
  });

  it("doubles the back-off from 5 ms until it is forgotten", async () => {
    const { work, runs, finish } = recorded();
    for (const ms of [5, 10, 20, 40]) {
      work.retry("a");
      await vi.advanceTimersByTimeAsync(ms);
      await finish("a");
    }
    expect(runs.map(({ at }) => at)).toEqual([5, 15, 35, 75]);
    work.forget("a");
    work.retry("a");
    await vi.advanceTimersByTimeAsync(5);
    expect(runs.at(-1)?.at).toBe(80);
  });

  it("lets a new event go past the back-off", async () => {
    const { work, runs, settle } = recorded();
    for (let failure = 0; failure < 12; failure += 1) work.retry("a");
    await vi.advanceTimersByTimeAsync(5);
    await settle();
    expect(runs).toHaveLength(1);
  });
});

describe("closing", () => {
  it("drops what waits and waits for what runs", async () => {
    const { work, keys, finish, settle } = recorded(1);
    work.add("a");
    work.add("b");
    work.addAfter("c", 10);
    await settle();
    let closed = false;
    void work.close().then(() => {
      closed = true;
    });
    await vi.advanceTimersByTimeAsync(100);
    expect(closed).toBe(false);
    await finish("a");
    expect(closed).toBe(true);
    work.add("d");
    await settle();
    expect(keys()).toEqual(["a"]);
  });
});
