/** How far a build Job has come: what its status says, and since when it should have come further. */

import type { Job } from "../../api/builtin.ts";
import { type BuildFailure, buildFailure } from "../../api/workers/build-failures.ts";
import { unknown, type Verdict } from "../contract/conditions.ts";
import { describeCommand } from "../contract/describe.ts";
import { isOverdue, patienceLeft } from "../contract/patience.ts";

type JobStatus = NonNullable<Job["status"]>;
type JobCondition = NonNullable<JobStatus["conditions"]>[number];

function trueCondition(job: Job | undefined, type: string): JobCondition | undefined {
  return job?.status?.conditions?.find((condition) => condition.type === type && condition.status === "True");
}

export function isComplete(job: Job | undefined): boolean {
  return trueCondition(job, "Complete") !== undefined;
}

export function hasEnded(job: Job | undefined): boolean {
  return isComplete(job) || trueCondition(job, "Failed") !== undefined;
}

/** When the Job failed; `otherwise` where it does not say. */
export function failedAt(job: Job, otherwise: string): string {
  return trueCondition(job, "Failed")?.lastTransitionTime ?? otherwise;
}

/** What the exit code in the Job's condition says; undefined while the Job has not failed. */
export function failureOf(job: Job | undefined): BuildFailure | undefined {
  const failed = trueCondition(job, "Failed");
  if (failed === undefined) return undefined;
  const exitCode = /exit code (\d+)/.exec(failed.message ?? "")?.[1];
  if (exitCode === undefined) {
    return {
      class: "infrastructure",
      reason: failed.reason ?? "JobFailed",
      summary: failed.message ?? "the build Job failed",
    };
  }
  return buildFailure(Number(exitCode));
}

/** Whether a pod runs, or has run: the Job's counts are written a moment after the pod's end. */
function hasHadPod({ status = {} }: Job): boolean {
  const {
    active,
    ready = active ?? 0,
    failed = 0,
    succeeded = 0,
    terminating = 0,
    uncountedTerminatedPods = {},
  } = status;
  const uncounted = [...(uncountedTerminatedPods.succeeded ?? []), ...(uncountedTerminatedPods.failed ?? [])];
  return ready + failed + succeeded + terminating + uncounted.length > 0;
}

function isWaiting(job: Job | undefined): job is Job {
  return job !== undefined && !hasEnded(job) && !hasHadPod(job);
}

/** Nobody tells of settings that have changed. */
const lookAgainSeconds = 30;

/**
 * Whole seconds after which to look again at a Job without a running pod: when that is worth a word, and from then on
 * whether it can be superseded. 0 when nothing is waited for.
 */
export function podPatienceLeft(job: Job | undefined, now: string): number {
  if (!isWaiting(job)) return 0;
  return patienceLeft(job.metadata.creationTimestamp ?? now, now) || lookAgainSeconds;
}

/** What is waited for when no pod of the Job has started in good time; undefined before that, and once one has. */
export function waitingForPod(job: Job | undefined, now: string): Verdict | undefined {
  const since = job?.metadata.creationTimestamp;
  if (!isWaiting(job) || since === undefined || !isOverdue(since, now)) return undefined;
  const { name } = job.metadata;
  const pods = describeCommand(job, `pods -l job-name=${name}`);
  const message =
    (job.status?.active ?? 0) > 0
      ? `the pod of build Job ${name} has not started since ${since}; events tell why: ${pods}`
      : `build Job ${name} has no pod since ${since}; events tell why: ${describeCommand(job, `job ${name}`)}`;
  return unknown("WaitingForPod", message);
}
