import { expect, test } from "vitest";
import { limitParallel, TooBusy } from "./parallel.ts";

/** A task that ends when the test says so, and what has begun so far. */
function tasks() {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const task = (name: string) => () => {
    begun.push(name);
    return new Promise<string>((resolve) => ends.set(name, () => resolve(name)));
  };
  return { begun, task, end: (name: string) => ends.get(name)?.() };
}

test("as many as allowed run, the others follow in their order", async () => {
  const { begun, task, end } = tasks();
  const run = limitParallel(2);
  const all = ["a", "b", "c", "d"].map((name) => run(task(name)));
  expect(begun).toEqual(["a", "b"]);
  end("b");
  await all[1];
  expect(begun).toEqual(["a", "b", "c"]);
  end("a");
  end("c");
  await all[2];
  end("d");
  expect(await Promise.all(all)).toEqual(["a", "b", "c", "d"]);
});

test("a task that fails makes room, too", async () => {
  const run = limitParallel(1);
  const failing = run(() => Promise.reject(new Error("no")));
  const next = run(async () => "next");
  await expect(failing).rejects.toThrow("no");
  expect(await next).toBe("next");
});

test("more than may wait are refused at once, and nobody else is", async () => {
  const { begun, task, end } = tasks();
  const run = limitParallel(1, 1);
  const all = ["a", "b"].map((name) => run(task(name)));
  await expect(run(task("c"))).rejects.toThrow(TooBusy);
  end("a");
  await all[0];
  end("b");
  expect(await all[1]).toBe("b");
  expect(begun).toEqual(["a", "b"]);
});

test("who waits too long is refused, and its place in the line is gone", async () => {
  const { begun, task, end } = tasks();
  const run = limitParallel(1);
  const first = run(task("a"));
  await expect(run(task("b"), { waitMs: 5 })).rejects.toThrow(new TooBusy("none of 1 places was free within 5 ms"));
  end("a");
  await first;
  const third = run(task("c"));
  expect(begun).toEqual(["a", "c"]);
  end("c");
  expect(await third).toBe("c");
});

test("who goes away while waiting is never begun", async () => {
  const { begun, task, end } = tasks();
  const run = limitParallel(1);
  const first = run(task("a"));
  const leaving = new AbortController();
  const gone = run(task("b"), { signal: leaving.signal });
  leaving.abort(new Error("left"));
  await expect(gone).rejects.toThrow("left");
  await expect(run(task("c"), { signal: leaving.signal })).rejects.toThrow("left");
  end("a");
  await first;
  expect(begun).toEqual(["a"]);
});
