import { readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { withFileLock } from "./file-lock.ts";
import { temporaryFolder } from "./test-folder.ts";

test("one at a time, and nothing is left, not even after an error", async () => {
  const folder = await temporaryFolder();
  let inside = 0;
  const visit = async () => {
    inside += 1;
    expect(inside).toBe(1);
    await new Promise(setImmediate);
    inside -= 1;
    throw new Error("done");
  };
  const visits = await Promise.allSettled(Array.from({ length: 5 }, () => withFileLock(join(folder, "lock"), visit)));
  expect(visits.map((visit) => visit.status === "rejected" && visit.reason.message)).toEqual(Array(5).fill("done"));
  expect(await readdir(folder)).toEqual([]);
});

test("the lock of a process that died is broken, by one of those who wait", async () => {
  const folder = await temporaryFolder();
  const lock = join(folder, "lock");
  await writeFile(lock, "");
  const long = new Date(Date.now() - 60_000);
  await utimes(lock, long, long);
  let inside = 0;
  const most: number[] = [];
  await Promise.all(
    Array.from({ length: 4 }, () =>
      withFileLock(lock, async () => {
        inside += 1;
        most.push(inside);
        await new Promise(setImmediate);
        inside -= 1;
      }),
    ),
  );
  expect(most).toEqual([1, 1, 1, 1]);
  expect(await readdir(folder)).toEqual([]);
});
