/** Decides what a Job needs next and what its status says. */

import type { Job } from "../../api/builtin.ts";
import { type Backoff, backoffMs } from "./backoff.ts";
import type { Waiting } from "./template.ts";

export type JobStatus = NonNullable<Job["status"]>;
type Condition = NonNullable<JobStatus["conditions"]>[number];

/** How far a Job has come, beyond what its status tells. */
export interface JobProgress {
  /** Attempts that count towards backoffLimit. */
  failed: number;
  /** Counted or not. */
  failuresInRow: number;
  /** Milliseconds; 0 for never. */
  lastFailureAt: number;
  running: boolean;
  /** Known once the last process has ended. */
  verdict: JobVerdict | undefined;
  /** Why an attempt cannot start. */
  trouble: Waiting | undefined;
}

export type JobVerdict = { type: "complete" } | { type: "failed"; reason: string; message: string };

export type JobAction =
  | { type: "none"; wakeAt?: number }
  | { type: "start" }
  /** End the process; the verdict holds when it is gone. */
  | { type: "stop"; verdict?: JobVerdict }
  | { type: "delete" };

const defaultBackoffLimit = 6;

export function jobAction(job: Job, progress: JobProgress, now: number, backoff: Backoff): JobAction {
  const finished = finishedAt(job);
  if (finished !== undefined) return afterFinish(job, finished, now);
  if (progress.verdict) return { type: "none" };
  if (job.metadata.deletionTimestamp || job.spec?.suspend)
    return progress.running ? { type: "stop" } : { type: "none" };

  const deadline = deadlineOf(job, now);
  if (now >= deadline) return { type: "stop", verdict: deadlineExceeded };
  if (progress.running) return waiting(deadline);
  const next = progress.lastFailureAt + backoffMs(progress.failuresInRow + 1, backoff);
  return now >= next ? { type: "start" } : waiting(Math.min(deadline, next));
}

/** Failed for good once more attempts have failed than backoffLimit allows. */
export function afterFailure(job: Job, failed: number): JobVerdict | undefined {
  return failed > (job.spec?.backoffLimit ?? defaultBackoffLimit) ? backoffLimitExceeded : undefined;
}

const backoffLimitExceeded: JobVerdict = {
  type: "failed",
  reason: "BackoffLimitExceeded",
  message: "Job has reached the specified backoff limit",
};
const deadlineExceeded: JobVerdict = {
  type: "failed",
  reason: "DeadlineExceeded",
  message: "Job was active longer than specified deadline",
};

export function jobStatus(job: Job, progress: JobProgress, now: number): JobStatus {
  const { verdict, running } = progress;
  const time = new Date(now).toISOString().replace(/\.\d+Z$/, "Z");
  const conditions = conditionsOf(job, progress).map((each) => timed(each, job.status?.conditions, time));
  return {
    ...(job.spec?.suspend ? {} : { startTime: job.status?.startTime ?? time }),
    ...(running ? { active: 1 } : {}),
    ready: running ? 1 : 0,
    ...(progress.failed > 0 ? { failed: progress.failed } : {}),
    ...(verdict?.type === "complete" ? { succeeded: 1, completionTime: job.status?.completionTime ?? time } : {}),
    ...(conditions.length > 0 ? { conditions } : {}),
  };
}

type Untimed = Pick<Condition, "type" | "status" | "reason" | "message">;

function conditionsOf(job: Job, { verdict, trouble }: JobProgress): Untimed[] {
  if (verdict?.type === "complete") {
    const because = {
      status: "True",
      reason: "CompletionsReached",
      message: "Reached expected number of succeeded pods",
    };
    return [
      { type: "SuccessCriteriaMet", ...because },
      { type: "Complete", ...because },
    ];
  }
  if (verdict?.type === "failed") {
    const because = { status: "True", reason: verdict.reason, message: verdict.message };
    return [
      { type: "FailureTarget", ...because },
      { type: "Failed", ...because },
    ];
  }
  if (job.spec?.suspend)
    return [{ type: "Suspended", status: "True", reason: "JobSuspended", message: "Job suspended" }];
  // Not a condition of real clusters, where Pods would tell; there are none here.
  return trouble ? [{ type: "Waiting", status: "True", reason: trouble.reason, message: trouble.message }] : [];
}

function timed(condition: Untimed, observed: readonly Condition[] | undefined, time: string): Condition {
  const before = observed?.find((each) => each.type === condition.type && each.status === condition.status);
  return {
    ...condition,
    lastProbeTime: before?.lastProbeTime ?? time,
    lastTransitionTime: before?.lastTransitionTime ?? time,
  };
}

/** Milliseconds; `undefined` while the Job is not finished. */
export function finishedAt({ status }: Job): number | undefined {
  const condition = status?.conditions?.find(
    ({ type, status: holds }) => (type === "Complete" || type === "Failed") && holds === "True",
  );
  return condition && Date.parse(condition.lastTransitionTime ?? "");
}

function afterFinish({ spec }: Job, finished: number, now: number): JobAction {
  if (spec?.ttlSecondsAfterFinished === undefined) return { type: "none" };
  const expires = finished + spec.ttlSecondsAfterFinished * 1000;
  return now >= expires ? { type: "delete" } : waiting(expires);
}

function deadlineOf({ spec, status }: Job, now: number): number {
  if (spec?.activeDeadlineSeconds === undefined) return Number.POSITIVE_INFINITY;
  return (status?.startTime ? Date.parse(status.startTime) : now) + spec.activeDeadlineSeconds * 1000;
}

function waiting(until: number): JobAction {
  return Number.isFinite(until) ? { type: "none", wakeAt: until } : { type: "none" };
}
