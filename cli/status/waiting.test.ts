import { expect, test } from "vitest";
import { type Driven, waitingObjects } from "./waiting.ts";

function object(kind: string, message: string, owner?: Driven, status = "False"): Driven {
  const ownerReferences =
    owner === undefined ? [] : [{ ...owner, name: owner.metadata.name, uid: `${owner.kind}-uid` }];
  return {
    apiVersion: "api.cf-worker/v1",
    kind,
    metadata: { namespace: "n", name: kind.toLowerCase(), uid: `${kind}-uid`, ownerReferences },
    status: {
      conditions: [
        {
          type: "Ready",
          status: status as "False",
          reason: "Why",
          message,
          lastTransitionTime: "2026-01-01T00:00:00Z",
        },
      ],
    },
  };
}

const waiting = (objects: Driven[]) => waitingObjects(objects).map((found) => found.waiting);

test("one cause is told once, with the owners that repeat it", () => {
  const account = object("WorkerAccount", "script a: BlobMissing: the code is gone");
  const release = object("WorkerRelease", "BlobMissing: the code is gone", account);
  const builder = object("JobBuilder", "the code is gone", release);
  expect(waiting([account, release, builder])).toEqual([
    {
      kind: "JobBuilder",
      namespace: "n",
      name: "jobbuilder",
      reason: "Why",
      message: "the code is gone",
      affects: [
        { kind: "WorkerRelease", namespace: "n", name: "workerrelease" },
        { kind: "WorkerAccount", namespace: "n", name: "workeraccount" },
      ],
    },
  ]);
});

test("an owner that waits for something else of its own is told, too", () => {
  const account = object("WorkerAccount", "the subdomain is another's");
  const bundle = object("WorkerBundle", "0 of 1 pods are ready", account);
  expect(waiting([account, bundle]).map(({ kind, affects }) => [kind, affects])).toEqual([
    ["WorkerAccount", []],
    ["WorkerBundle", []],
  ]);
});

test("objects that say the same without belonging together are both told", () => {
  const one = object("WorkerAccount", "no registry");
  const other = object("JobBuilder", "no registry", object("WorkerRelease", ""));
  expect(waiting([one, other])).toHaveLength(2);
});

test("what is ready does not wait, and what no hook has seen does", () => {
  const unseen: Driven = { apiVersion: "v", kind: "WorkerAccount", metadata: { name: "new", namespace: "n" } };
  expect(waiting([object("WorkerBundle", "fine", undefined, "True"), unseen])).toMatchObject([
    { name: "new", reason: "NotSeen" },
  ]);
});
