import { describe, expect, test } from "vitest";
import { ConfigMap, type Job, Job as JobResource } from "../../api/builtin.ts";
import type { KubernetesObject } from "../../api/resource.ts";
import { infrastructureFailures, workerFaultCode } from "../../api/workers/build-failures.ts";
import type { JobBuilder } from "../../api/workers/job-builder.ts";
import { syncRequest } from "../../test/objects/request.ts";
import { at, jobBuilder as builder, now, resolved, settings, stored } from "../../test/objects/workers.ts";
import { runSync } from "../contract/run.ts";
import { buildJob } from "./job-builder.job.ts";
import { planOf } from "./job-builder.plan.ts";
import { jobBuilder } from "./job-builder.ts";

type JobStatus = NonNullable<Job["status"]>;

function sync(jobs: readonly Job[], parent: JobBuilder = builder()) {
  const { children, status, ...rest } = runSync(
    jobBuilder as never,
    syncRequest({ parent, children: [stored(ConfigMap, planOf(parent).metadata, undefined as never), ...jobs] }),
    settings,
    now,
  );
  const conditions = status.conditions as { type: string; status: string; reason: string; message: string }[];
  return {
    jobs: namesOf(children, JobResource.kind),
    plans: namesOf(children, ConfigMap.kind),
    built: conditions.find(({ type }) => type === "Built"),
    ready: conditions.find(({ type }) => type === "Ready"),
    status,
    ...rest,
  };
}

function namesOf(objects: readonly KubernetesObject[], wanted: string): string[] {
  return objects.filter(({ kind }) => kind === wanted).map(({ metadata }) => metadata.name);
}

/** The Job of an attempt as the cluster has it, `age` seconds old. */
function job(attempt: number, status: JobStatus = {}, age = 0, madeWith = settings): Job {
  const { metadata, spec } = buildJob(builder(), attempt, madeWith);
  return stored(JobResource, { ...metadata, creationTimestamp: at(-age), status: status as never }, spec as never);
}

function nameOf(attempt: number): string {
  return job(attempt).metadata.name;
}

function complete(attempt: number): Job {
  return job(attempt, { conditions: [{ type: "Complete", status: "True" }] });
}

function failed(attempt: number, secondsAgo: number, message: string, reason = "PodFailurePolicy"): Job {
  const lastTransitionTime = at(-secondsAgo);
  return job(attempt, { conditions: [{ type: "Failed", status: "True", reason, message, lastTransitionTime }] });
}

const exitCode = (code: number) =>
  `Container builder for pod team/acme-1-x failed with exit code ${code} matching FailJob rule at index 1`;
const missing = exitCode(infrastructureFailures.blobMissing.code);

describe("a build", () => {
  test("begins with its first attempt", () => {
    expect(sync([])).toMatchObject({
      jobs: [nameOf(1)],
      plans: [planOf(builder()).metadata.name],
      status: { job: nameOf(1), attempt: 1, report: `reports/acme/${nameOf(1)}.json` },
      built: { status: "Unknown", reason: "Building", message: "the build Job is being created" },
      ready: { status: "Unknown", reason: "Building" },
    });
  });

  test("goes on while its Job runs", () => {
    const answer = sync([job(1, { active: 1, ready: 1 }, 300)]);
    expect(answer).toMatchObject({
      jobs: [nameOf(1)],
      built: { status: "Unknown", reason: "Building", message: "the build Job is running" },
    });
    expect(answer).not.toHaveProperty("resyncAfterSeconds");
  });

  test("looks again at a Job whose pod does not start, and then says so", () => {
    expect(sync([job(1, { active: 1, ready: 0 }, 3)])).toMatchObject({
      built: { reason: "Building" },
      resyncAfterSeconds: 17,
    });
    const waiting = { status: "Unknown", reason: "WaitingForPod", message: expect.stringContaining(nameOf(1)) };
    const answer = sync([job(1, { active: 1, ready: 0 }, 20)]);
    expect(answer).toMatchObject({ jobs: [nameOf(1)], built: waiting, ready: waiting, resyncAfterSeconds: 30 });
  });

  describe("whose Job was made with other settings", () => {
    const waiting = { active: 1, ready: 0 };
    const other = { ...settings, builderImage: "images.test/worker-builder:missing" };

    test.each<[string, JobStatus, number, string[]]>([
      ["waits a moment for its pod", waiting, 3, [nameOf(1)]],
      ["makes another where that does not start", waiting, 20, [nameOf(2)]],
      ["goes on where it does", { active: 1, ready: 1 }, 20, [nameOf(1)]],
    ])("%s", (_, status, age, jobs) => {
      expect(sync([job(1, status, age, other)])).toMatchObject({ jobs });
    });

    test("makes no third one: the second was made with today's", () => {
      expect(sync([job(1, waiting, 60, other), job(2, waiting, 20)]).jobs).toEqual([nameOf(2)]);
    });

    test("leaves neither it nor the failure before it", () => {
      const jobs = [failed(1, 99, missing), job(2, waiting, 60, other)];
      expect(sync(jobs).jobs).toEqual([nameOf(3)]);
    });
  });

  test("is done when its Job is complete, which stays listed so that it never runs again", () => {
    const answer = sync([complete(1)]);
    expect(answer).toMatchObject({
      jobs: [nameOf(1)],
      status: { image: "images.test/workers/acme:1" },
      built: { status: "True", reason: "ImagePushed", message: "pushed images.test/workers/acme:1" },
    });
    expect(answer).not.toHaveProperty("resyncAfterSeconds");
  });

  test("of other inputs is another Job, and the old one goes", () => {
    const other = builder({ workers: [resolved("a", "a2"), resolved("b", "b1")] });
    const answer = sync([failed(3, 1, missing)], other);
    expect(answer.jobs).toEqual([buildJob(other, 1, settings).metadata.name]);
    expect(answer.jobs).not.toEqual([nameOf(1)]);
  });

  test("begins again when somebody deletes its Job", () => {
    const parent = builder({}, { status: { observedGeneration: 1, attempt: 4 } });
    expect(sync([], parent)).toMatchObject({ jobs: [nameOf(1)], status: { attempt: 1 } });
  });
});

describe("an infrastructure failure is tried again after a pause that doubles", () => {
  test.each([
    [1, 10],
    [2, 20],
    [3, 40],
    [4, 80],
    [5, 160],
    [6, 300],
    [7, 300],
    [40, 300],
  ])("attempt %i failed: %i seconds", (attempt, pause) => {
    const early = sync([failed(attempt, pause - 1, missing)]);
    expect(early).toMatchObject({ jobs: [nameOf(attempt)], resyncAfterSeconds: 1, status: { attempt } });

    const due = sync([failed(attempt, pause, missing)]);
    expect(due.jobs).toEqual([nameOf(attempt + 1), nameOf(attempt)]);
    expect(due.status.attempt).toBe(attempt + 1);
  });

  test("the pause counts from the failure, and a failure without a time counts from now", () => {
    const { lastTransitionTime: _, ...condition } = { type: "Failed", status: "True", lastTransitionTime: "" };
    expect(sync([failed(1, 3, missing)]).resyncAfterSeconds).toBe(7);
    expect(sync([job(1, { conditions: [condition] })]).resyncAfterSeconds).toBe(10);
  });

  test("the last failure is said while the next attempt is made and runs", () => {
    const reason = {
      status: "False",
      reason: "BlobMissing",
      message: infrastructureFailures.blobMissing.summary,
    };
    expect(sync([failed(1, 10, missing)]).built).toMatchObject(reason);
    expect(sync([failed(1, 12, missing), job(2)]).built).toMatchObject(reason);
  });

  test("that the next attempt cannot start matters more than why the last one failed", () => {
    expect(sync([failed(1, 99, missing), job(2, { active: 1, ready: 0 }, 60)])).toMatchObject({
      jobs: [nameOf(2), nameOf(1)],
      built: { reason: "WaitingForPod" },
    });
  });

  test("the failed attempt goes when the next one has ended", () => {
    expect(sync([failed(1, 12, missing), job(2)]).jobs).toEqual([nameOf(2), nameOf(1)]);
    expect(sync([failed(1, 12, missing), complete(2)]).jobs).toEqual([nameOf(2)]);
    expect(sync([failed(1, 99, missing), failed(2, 1, missing)]).jobs).toEqual([nameOf(2)]);
  });

  test("a failed attempt that somebody deleted does not come back", () => {
    expect(sync([job(2)]).jobs).toEqual([nameOf(2)]);
  });

  test.each([
    ["an exit code of the table", missing, "BlobMissing"],
    ["an exit code of a signal", exitCode(137), "BuilderFailed"],
    ["no exit code at all", "Job has reached the specified backoff limit", "BackoffLimitExceeded"],
  ])("its class is in the condition: %s", (_, message, reason) => {
    expect(sync([failed(1, 1, message, "BackoffLimitExceeded")]).built).toMatchObject({ status: "False", reason });
  });

  test("a failure of which nothing is known is still one", () => {
    const condition = { type: "Failed", status: "True", lastTransitionTime: now };
    expect(sync([job(1, { conditions: [condition] })]).built).toMatchObject({
      status: "False",
      reason: "JobFailed",
      message: "the build Job failed",
    });
  });

  test("a Job that is about to fail has not failed", () => {
    const conditions = [
      { type: "FailureTarget", status: "True" },
      { type: "Failed", status: "False" },
    ];
    expect(sync([job(1, { conditions })]).built).toMatchObject({ status: "Unknown", reason: "Building" });
  });
});

describe("a worker's fault", () => {
  test.each([
    [0, { script: "a", version: "a1" }],
    [1, { script: "b", version: "b1" }],
  ])("exit code 100 + %i names that worker", (index, failedWorker) => {
    expect(sync([failed(1, 1, exitCode(workerFaultCode(index)))])).toMatchObject({
      status: { failedWorker },
      built: {
        status: "False",
        reason: "WorkerFault",
        message: `script ${failedWorker.script}, version ${failedWorker.version}: the worker's code cannot start`,
      },
    });
  });

  test("is never tried again", () => {
    const answer = sync([failed(1, 100_000, exitCode(workerFaultCode(0)))]);
    expect(answer.jobs).toEqual([nameOf(1)]);
    expect(answer).not.toHaveProperty("resyncAfterSeconds");
  });

  test("of a worker that the build does not have blames none", () => {
    const answer = sync([failed(1, 1, exitCode(workerFaultCode(50)))]);
    expect(answer.status).not.toHaveProperty("failedWorker");
    expect(answer.built).toMatchObject({ reason: "WorkerFault", message: "the worker's code cannot start" });
  });
});
