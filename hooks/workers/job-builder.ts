/**
 * JobBuilder: one image build, as attempts of a Job that is never changed, only superseded. The Job's name holds the
 * hash of every input and the number of the attempt: same inputs, same Job. A worker's fault ends the build; any
 * other failure is tried again after a pause that doubles, so that fixing the cause heals without a new deploy; a Job
 * whose pod cannot start is superseded when the settings give it another pod.
 */

import { ConfigMap, Job } from "../../api/builtin.ts";
import type { Culprit } from "../../api/workers/fields.ts";
import { JobBuilder } from "../../api/workers/job-builder.ts";
import type { WorkersSettings } from "../../api/workers/settings.ts";
import { composite } from "../contract/composite.ts";
import { no, unknown, type Verdict, yes } from "../contract/conditions.ts";
import { attemptOf, buildJob, inputsLabel, isOutdated, reportKey } from "./job-builder.job.ts";
import { inputsHash, planOf, workersOf } from "./job-builder.plan.ts";
import { failedAt, failureOf, hasEnded, isComplete, podPatienceLeft, waitingForPod } from "./job-builder.progress.ts";

const firstPauseSeconds = 10;
const longestPauseSeconds = 300;

export const jobBuilder = composite<JobBuilder, WorkersSettings>({
  parent: JobBuilder,
  children: [
    { kind: ConfigMap, update: "OnDelete" },
    { kind: Job, update: "OnDelete" },
  ],

  sync({ parent, children, now }, settings) {
    const latest = latestAttempt(parent, children.all(Job));
    const pause = latest === undefined ? 0 : pauseLeft(latest, now);
    const isNextDue = latest !== undefined && (isRetryDue(latest, pause) || isStuck(latest, parent, settings, now));
    const attempt = (latest === undefined ? 1 : attemptOf(latest)) + (isNextDue ? 1 : 0);

    const job = buildJob(parent, attempt, settings);
    const current = children.find(job);
    // What failed stays until the next attempt has ended: it says how far the build has come, and what is to be mended.
    const before = buildJob(parent, attempt - 1, settings);
    const former = children.find(before);
    const failed = hasEnded(former) && !hasEnded(current) ? former : undefined;

    const built = verdict(parent, current, failed, now);
    return {
      children: [planOf(parent), job, ...(failed === undefined ? [] : [before])],
      status: {
        job: job.metadata.name,
        attempt,
        image: isComplete(current) ? parent.spec.targetImage : undefined,
        failedWorker: culprit(parent, current),
        report: reportKey(job),
      },
      conditions: { Ready: built, Built: built },
      resyncAfterSeconds: pause > 0 ? pause : podPatienceLeft(current, now),
    };
  },
});

/** The newest attempt at building exactly this: a Job of other inputs is superseded. */
function latestAttempt(parent: JobBuilder, jobs: readonly Job[]): Job | undefined {
  const hash = inputsHash(parent);
  return jobs
    .filter(({ metadata }) => metadata.labels?.[inputsLabel] === hash)
    .sort((a, b) => attemptOf(b) - attemptOf(a))[0];
}

/** Whole seconds until the next attempt may start; 0 when it is due or none is needed. */
function pauseLeft(job: Job, now: string): number {
  if (failureOf(job)?.class !== "infrastructure") return 0;
  const pause = Math.min(longestPauseSeconds, firstPauseSeconds * 2 ** Math.min(attemptOf(job) - 1, 10));
  return Math.max(0, Math.ceil((Date.parse(failedAt(job, now)) - Date.parse(now)) / 1000) + pause);
}

function isRetryDue(job: Job, pause: number): boolean {
  return failureOf(job)?.class === "infrastructure" && pause === 0;
}

/** Whether its pod has not started in good time, and today's settings would give it another. */
function isStuck(job: Job, parent: JobBuilder, settings: WorkersSettings, now: string): boolean {
  return waitingForPod(job, now) !== undefined && isOutdated(job, parent, settings);
}

function culprit(parent: JobBuilder, job: Job | undefined): Culprit | undefined {
  const index = failureOf(job)?.worker;
  const worker = index === undefined ? undefined : workersOf(parent)[index];
  return worker === undefined ? undefined : { script: worker.script, version: worker.version };
}

/**
 * A further attempt still says why the last one failed: that is what somebody has to mend, unless it cannot even start.
 */
function verdict(parent: JobBuilder, job: Job | undefined, failed: Job | undefined, now: string): Verdict {
  if (isComplete(job)) return yes("ImagePushed", `pushed ${parent.spec.targetImage}`);
  const waiting = waitingForPod(job, now);
  if (waiting !== undefined) return waiting;
  const failure = failureOf(job) ?? failureOf(failed);
  if (failure === undefined) {
    return unknown("Building", job === undefined ? "the build Job is being created" : "the build Job is running");
  }
  const guilty = culprit(parent, job);
  return guilty === undefined
    ? no(failure.reason, failure.summary)
    : no(failure.reason, `script ${guilty.script}, version ${guilty.version}: ${failure.summary}`);
}
