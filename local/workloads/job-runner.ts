/** Runs Jobs: one process per attempt, until one succeeds or the Job has failed for good. */

import { isDeepStrictEqual } from "node:util";
import { Job } from "../../api/builtin.ts";
import { isNotFound } from "../../kubernetes/client.ts";
import type { Child, ChildExit } from "./child.ts";
import {
  afterFailure,
  finishedAt,
  type JobAction,
  type JobProgress,
  type JobVerdict,
  jobAction,
  jobStatus,
} from "./job-plan.ts";
import { type Launch, prepareLaunch } from "./launch.ts";
import { exitVerdict } from "./pod-failure-policy.ts";
import { keyOf, ownerOf, type RunnerContext, randomSuffix, sourcesIn } from "./runner-context.ts";
import { graceSeconds, type PodTemplate, type Waiting } from "./template.ts";

export interface JobRunner {
  /** One step for the Job `namespace/name`. Resolves with the time at which to look again. */
  reconcile(key: string): Promise<number | undefined>;
}

export interface JobContext extends RunnerContext {
  /** Asks for another step. */
  trigger(key: string): void;
}

interface State extends JobProgress {
  key: string;
  uid: string;
  child: Child | undefined;
  /** Holds when the process that is being stopped has ended. */
  pendingVerdict: JobVerdict | undefined;
  stopping: boolean;
  told: Waiting | undefined;
  status: Job["status"];
}

const retryPreparationMs = 2_000;

export function jobRunner(context: JobContext): JobRunner {
  const states = new Map<string, State>();

  return {
    async reconcile(key) {
      const { namespace, name } = ownerOf(key);
      const job = context.observed.jobs.get(namespace, name);
      const known = states.get(key);
      if (known && job?.metadata.uid !== known.uid) {
        states.delete(key);
        known.child?.kill("SIGKILL");
      }
      if (!job) return undefined;
      const state = states.get(key) ?? newState(job);
      states.set(key, state);
      return step(state, job, context);
    },
  };
}

/** A process that an ended platform took with it was no failure of the Job: counts go on from the status. */
function newState({ metadata, status }: Job): State {
  return {
    key: keyOf(metadata),
    uid: metadata.uid ?? "",
    failed: status?.failed ?? 0,
    failuresInRow: 0,
    lastFailureAt: 0,
    running: false,
    verdict: undefined,
    trouble: undefined,
    child: undefined,
    pendingVerdict: undefined,
    stopping: false,
    told: undefined,
    status,
  };
}

async function step(state: State, job: Job, context: JobContext): Promise<number | undefined> {
  const now = Date.now();
  const action = unsupportedShape(job, state) ?? jobAction(job, state, now, context.backoff);
  await act(action, state, job, context);
  if (finishedAt(job) === undefined) await tell(state, job, context);
  if (state.trouble) return now + retryPreparationMs;
  return action.type === "none" ? action.wakeAt : undefined;
}

/** Refused in the words of the rule rather than run in a way that nobody asked for. */
function unsupportedShape({ spec }: Job, state: State): JobAction | undefined {
  const { completions = 1, parallelism = 1 } = spec ?? {};
  if (completions === 1 && parallelism === 1) return undefined;
  const message = `Jobs run here as one process; completions ${completions} and parallelism ${parallelism} must both be 1`;
  state.trouble = { reason: "JobNotRunnable", message };
  return { type: "none" };
}

async function act(action: JobAction, state: State, job: Job, context: JobContext): Promise<void> {
  if (action.type === "start") await start(state, job, context);
  if (action.type === "stop") stop(state, job, action.verdict);
  if (action.type === "delete") {
    const { uid } = job.metadata;
    await context.client.delete(Job, job.metadata, { uid, propagationPolicy: "Background", ignoreNotFound: true });
  }
}

async function start(state: State, job: Job, context: JobContext): Promise<void> {
  const owner = ownerOf(state.key);
  const template: PodTemplate = job.spec?.template ?? {};
  const pod = { namespace: owner.namespace, pod: `${owner.name}-${randomSuffix()}` };
  const launch = await prepareLaunch(template, pod, sourcesIn(owner.namespace, context.observed), context.launch);
  if ("waiting" in launch) {
    state.trouble = launch.waiting;
    return;
  }
  state.trouble = undefined;
  state.running = true;
  state.child = context.launch.processes.start({
    ...launch,
    name: pod.pod,
    onOutput: context.logOf(owner).append,
    onListen: () => undefined,
  });
  void ended(state, job, launch, `${owner.namespace}/${pod.pod}`, context);
}

async function ended(state: State, job: Job, launch: Launch, pod: string, context: JobContext): Promise<void> {
  const exit = await (state.child as Child).exited;
  await launch.release();
  state.running = false;
  state.child = undefined;
  if (state.stopping) state.verdict = state.pendingVerdict;
  else noteExit(state, job, exit, pod, launch.container.name);
  state.stopping = false;
  context.trigger(state.key);
}

function noteExit(state: State, job: Job, { exitCode }: ChildExit, pod: string, container: string): void {
  const verdict = exitVerdict(job, { exitCode, pod, container });
  if (verdict.type === "succeeded") {
    state.verdict = { type: "complete" };
    return;
  }
  state.lastFailureAt = Date.now();
  state.failuresInRow += 1;
  if (verdict.type === "ignored") return;
  state.failed += 1;
  if (verdict.type === "failJob")
    state.verdict = { type: "failed", reason: "PodFailurePolicy", message: verdict.message };
  else state.verdict = afterFailure(job, state.failed);
}

function stop(state: State, job: Job, verdict: JobVerdict | undefined): void {
  if (!state.child) {
    state.verdict = verdict;
    return;
  }
  if (state.stopping) return;
  state.stopping = true;
  state.pendingVerdict = verdict;
  const { child } = state;
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), graceSeconds(job.spec?.template ?? {}) * 1000);
  void child.exited.then(() => clearTimeout(timer));
}

async function tell(state: State, job: Job, context: JobContext): Promise<void> {
  const observed = { ...job, status: state.status ?? {} };
  await writeStatus(state, job, jobStatus(observed, state, Date.now()), context);
  if (state.trouble && state.trouble.reason !== state.told?.reason) {
    void context.recordEvent(job, "Warning", state.trouble.reason, state.trouble.message);
  }
  state.told = state.trouble;
}

async function writeStatus(state: State, job: Job, status: Job["status"], { client }: JobContext): Promise<void> {
  if (status === undefined || isDeepStrictEqual(state.status, status)) return;
  const { resourceVersion: _any, ...metadata } = job.metadata;
  try {
    await client.replaceStatus(Job, { ...job, metadata, status });
    state.status = status;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
