import { describe, expect, it } from "vitest";
import type { Job } from "../../api/builtin.ts";
import { afterFailure, type JobAction, type JobProgress, jobAction, jobStatus } from "./job-plan.ts";
import { exitVerdict } from "./pod-failure-policy.ts";
import { newJob } from "./test-objects.ts";

const now = Date.parse("2026-01-01T00:10:00Z");
const startTime = "2026-01-01T00:09:00Z";
const backoff = { firstMs: 1_000, longestMs: 4_000 };

const fresh: JobProgress = {
  failed: 0,
  failuresInRow: 0,
  lastFailureAt: 0,
  running: false,
  verdict: undefined,
  trouble: undefined,
};

function job(spec: Partial<NonNullable<Job["spec"]>> = {}, over: Partial<Job> = {}): Job {
  return { ...newJob("", spec), status: { startTime }, ...over };
}

const completeSince = (lastTransitionTime: string): Partial<Job> => ({
  status: { startTime, conditions: [{ type: "Complete", status: "True", lastTransitionTime }] },
});

describe("jobAction", () => {
  it.each<[string, Job, Partial<JobProgress>, JobAction]>([
    ["starts", job(), {}, { type: "start" }],
    ["waits for its process", job(), { running: true }, { type: "none" }],
    [
      "watches the deadline meanwhile",
      job({ activeDeadlineSeconds: 90 }),
      { running: true },
      { type: "none", wakeAt: now + 30_000 },
    ],
    [
      "ends the process at the deadline",
      job({ activeDeadlineSeconds: 60 }),
      { running: true },
      {
        type: "stop",
        verdict: {
          type: "failed",
          reason: "DeadlineExceeded",
          message: "Job was active longer than specified deadline",
        },
      },
    ],
    [
      "waits after a failure",
      job(),
      { failed: 1, failuresInRow: 1, lastFailureAt: now },
      { type: "none", wakeAt: now + 1_000 },
    ],
    [
      "waits longer after more",
      job(),
      { failed: 2, failuresInRow: 2, lastFailureAt: now },
      { type: "none", wakeAt: now + 2_000 },
    ],
    [
      "but not for ever",
      job(),
      { failed: 9, failuresInRow: 9, lastFailureAt: now },
      { type: "none", wakeAt: now + 4_000 },
    ],
    [
      "waits after failures that do not count, too",
      job(),
      { failuresInRow: 1, lastFailureAt: now },
      { type: "none", wakeAt: now + 1_000 },
    ],
    ["then tries again", job(), { failed: 1, failuresInRow: 1, lastFailureAt: now - 1_000 }, { type: "start" }],
    ["does nothing while suspended", job({ suspend: true }), {}, { type: "none" }],
    ["ends the process when it is suspended", job({ suspend: true }), { running: true }, { type: "stop" }],
    ["has a verdict", job(), { verdict: { type: "complete" } }, { type: "none" }],
    ["is finished", job({}, completeSince("2026-01-01T00:09:30Z")), {}, { type: "none" }],
    [
      "is kept for its time to live",
      job({ ttlSecondsAfterFinished: 60 }, completeSince("2026-01-01T00:09:30Z")),
      {},
      { type: "none", wakeAt: now + 30_000 },
    ],
    [
      "is deleted then",
      job({ ttlSecondsAfterFinished: 30 }, completeSince("2026-01-01T00:09:30Z")),
      {},
      { type: "delete" },
    ],
  ])("%s", (_, object, progress, expected) => {
    expect(jobAction(object, { ...fresh, ...progress }, now, backoff)).toEqual(expected);
  });

  it("ends the process of a Job that is being deleted", () => {
    const object = job();
    object.metadata.deletionTimestamp = startTime;
    expect(jobAction(object, { ...fresh, running: true }, now, backoff)).toEqual({ type: "stop" });
    expect(jobAction(object, fresh, now, backoff)).toEqual({ type: "none" });
  });
});

describe("afterFailure", () => {
  it.each([
    [undefined, 6, false],
    [undefined, 7, true],
    [0, 1, true],
    [3, 3, false],
  ])("backoffLimit %s, %i failed: final %s", (backoffLimit, failed, final) => {
    const object = job(backoffLimit === undefined ? {} : { backoffLimit });
    expect(afterFailure(object, failed) !== undefined).toBe(final);
  });
});

describe("exitVerdict", () => {
  const rules = [
    { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
    { action: "Ignore", onExitCodes: { operator: "In", values: [75] } },
    { action: "Count", onExitCodes: { operator: "In", values: [76] } },
    { action: "FailJob", onExitCodes: { containerName: "other", operator: "In", values: [42] } },
    { action: "FailJob", onExitCodes: { containerName: "c", operator: "NotIn", values: [1, 42] } },
  ];

  it.each([
    [0, "succeeded"],
    [75, "ignored"],
    [76, "counted"],
    [42, "counted"],
    [1, "counted"],
    [137, "failJob"],
  ])("exit code %i is %s", (exitCode, type) => {
    const exit = { exitCode, pod: "ns/p", container: "c" };
    expect(exitVerdict(job({ podFailurePolicy: { rules } }), exit).type).toBe(type);
  });

  it("names the rule", () => {
    const verdict = exitVerdict(job({ podFailurePolicy: { rules } }), { exitCode: 2, pod: "ns/p", container: "c" });
    expect(verdict).toMatchObject({
      message: "Container c for pod ns/p failed with exit code 2 matching FailJob rule at index 4",
    });
  });
});

describe("jobStatus", () => {
  it("keeps the start time, and counts", () => {
    expect(jobStatus(job(), { ...fresh, running: true, failed: 2 }, now)).toEqual({
      startTime,
      active: 1,
      ready: 1,
      failed: 2,
    });
  });

  it("names the reason of a wait", () => {
    const trouble = { reason: "ImageNotRunnable", message: "not here" };
    expect(jobStatus(job(), { ...fresh, trouble }, now).conditions).toMatchObject([
      { type: "Waiting", status: "True", ...trouble },
    ]);
  });

  it("is the same at the second look", () => {
    const first = jobStatus(job(), { ...fresh, verdict: { type: "complete" } }, now);
    expect(jobStatus(job({}, { status: first }), { ...fresh, verdict: { type: "complete" } }, now + 5_000)).toEqual(
      first,
    );
  });
});
