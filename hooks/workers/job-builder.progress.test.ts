import { describe, expect, test } from "vitest";
import { type Job, Job as JobResource } from "../../api/builtin.ts";
import { at, jobBuilder, now, settings, stored } from "../../test/objects/workers.ts";
import { buildJob } from "./job-builder.job.ts";
import { podPatienceLeft, waitingForPod } from "./job-builder.progress.ts";

type JobStatus = NonNullable<Job["status"]>;

/** The Job of a first attempt, `age` seconds after it was made. */
function job(age: number, status?: JobStatus): Job {
  const { metadata, spec } = buildJob(jobBuilder(), 1, settings);
  const creationTimestamp = at(-age);
  return stored(
    JobResource,
    { ...metadata, creationTimestamp, ...(status === undefined ? {} : { status: status as never }) },
    spec as never,
  );
}
const { name } = job(0).metadata;

describe("a Job without a running pod", () => {
  test.each<[string, JobStatus | undefined, string]>([
    [
      "its pod does not start",
      { active: 1, ready: 0 },
      `the pod of build Job ${name} has not started since ${at(-20)}; events tell why: kubectl -n team describe pods -l job-name=${name}`,
    ],
    [
      "it can have no pod",
      { ready: 0 },
      `build Job ${name} has no pod since ${at(-20)}; events tell why: kubectl -n team describe job ${name}`,
    ],
    [
      "nobody has looked at it",
      undefined,
      `build Job ${name} has no pod since ${at(-20)}; events tell why: kubectl -n team describe job ${name}`,
    ],
  ])("is waited for, and after twenty seconds a word is said: %s", (_, status, message) => {
    expect(waitingForPod(job(20, status), now)).toEqual({ status: "Unknown", reason: "WaitingForPod", message });
    expect(waitingForPod(job(19, status), now)).toBeUndefined();
    expect(podPatienceLeft(job(19, status), now)).toBe(1);
    expect(podPatienceLeft(job(20, status), now)).toBe(30);
  });

  test("whose age nobody knows is as new as can be", () => {
    const { creationTimestamp: _, ...metadata } = job(0).metadata;
    const ageless = { ...job(0), metadata };
    expect(waitingForPod(ageless, now)).toBeUndefined();
    expect(podPatienceLeft(ageless, now)).toBe(20);
  });
});

test.each<[string, Job | undefined]>([
  ["there is no Job", undefined],
  ["its pod runs", job(60, { active: 1, ready: 1 })],
  ["its pod runs, in a cluster that does not count ready ones", job(60, { active: 1 })],
  ["a pod has failed, and the next one is made after a pause", job(60, { failed: 1, ready: 0 })],
  ["its pod has done its work", job(60, { succeeded: 1, ready: 0 })],
  ["its pod is ending", job(60, { terminating: 1, ready: 0 })],
  ["its pod has ended and is not counted yet", job(60, { ready: 0, uncountedTerminatedPods: { succeeded: ["uid"] } })],
  ["its pod has failed and is not counted yet", job(60, { ready: 0, uncountedTerminatedPods: { failed: ["uid"] } })],
  ["it is complete", job(60, { conditions: [{ type: "Complete", status: "True" }] })],
  ["it has failed", job(60, { conditions: [{ type: "Failed", status: "True" }] })],
])("nothing is waited for when %s", (_, given) => {
  expect(waitingForPod(given, now)).toBeUndefined();
  expect(podPatienceLeft(given, now)).toBe(0);
});
