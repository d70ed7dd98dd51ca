/** How far the rollout of a Deployment or StatefulSet has come, and what it waits for. */

import type { Deployment, StatefulSet } from "../../api/builtin.ts";
import type { KubernetesObject } from "../../api/resource.ts";
import { generationOf, no, unknown, type Verdict, yes } from "../contract/conditions.ts";
import { describeCommand } from "../contract/describe.ts";
import { isOverdue, patienceLeft } from "../contract/patience.ts";

export type Workload = Deployment | StatefulSet;

/** The generation of the parent that a workload follows: tells an old write of the same content from the present one. */
export const generationAnnotation = "octoplane.io/generation";

/** `NotStarted`: nothing is to be rolled out yet. `Pending`: what is stored is not what is wanted. `Draining`: only pods that are about to end are left of the old. */
export type RolloutPhase = "NotStarted" | "Missing" | "Pending" | "Rolling" | "Failed" | "Draining" | "Complete";

export interface Rollout {
  phase: RolloutPhase;
  verdict: Verdict;
  /** Since when what is stored is not what is wanted. */
  pendingSince?: string;
  /** Whole seconds after which time alone changes the verdict. */
  askAgainAfter?: number;
}

export interface RolloutFacts {
  parent: KubernetesObject;
  stored: Workload | undefined;
  desired: Workload;
  /** Since when the parent says that it progresses; undefined where it did not. */
  since: string | undefined;
  /** Seconds until pods that a cluster does not count are surely gone. Default: their grace period and a margin. */
  settleSeconds?: number;
  now: string;
}

export function rolloutOf(facts: RolloutFacts): Rollout {
  const { stored, desired } = facts;
  if (stored === undefined) {
    return { phase: "Missing", verdict: unknown("RollingOut", `the ${desired.kind} is being created`) };
  }
  if (!isAsDesired(stored, desired)) return pending(facts);
  const status = observedStatus(stored);
  if (status === undefined) {
    return { phase: "Pending", verdict: no("RollingOut", `the ${desired.kind} is changed, and nobody acts on it yet`) };
  }
  return isComplete(stored, status) ? draining(stored, status, facts) : rolling(stored, status, facts);
}

type Status = NonNullable<Deployment["status"]>;

/** Annotations name what a workload and its pods were made of, so that they alone tell whether it is the wanted one. */
function isAsDesired(stored: Workload, desired: Workload): boolean {
  const podsOf = ({ spec }: Workload) => spec?.template.metadata ?? {};
  return isAnnotated(stored.metadata, desired.metadata) && isAnnotated(podsOf(stored), podsOf(desired));
}

type Annotated = { annotations?: Record<string, string> | undefined };

function isAnnotated({ annotations: found = {} }: Annotated, { annotations = {} }: Annotated): boolean {
  return Object.entries(annotations).every(([key, value]) => found[key] === value);
}

/** What was observed of the stored spec; undefined while that is still to come. */
export function observedStatus(workload: Workload): Status | undefined {
  const { status } = workload;
  return (status?.observedGeneration ?? 0) >= generationOf(workload) ? (status as Status) : undefined;
}

function wantedPods({ spec }: Workload): number {
  return spec?.replicas ?? 1;
}

/** A write takes milliseconds; one that does not come was refused, which only an event of the parent tells. */
function pending({ parent, desired, now, since = now }: RolloutFacts): Rollout {
  const events = describeCommand(parent, `${parent.kind.toLowerCase()} ${parent.metadata.name}`);
  const verdict = isOverdue(since, now)
    ? no("UpdateRefused", `the ${desired.kind} could not be changed since ${since}; events tell why: ${events}`)
    : no("RollingOut", `the ${desired.kind} is being updated`);
  return { phase: "Pending", verdict, pendingSince: since, askAgainAfter: patienceLeft(since, now) };
}

/** Every wanted pod is new and ready, and no pod of an older template is left in the count. */
function isComplete(stored: Workload, status: Status): boolean {
  const { replicas = 0, updatedReplicas = 0, readyReplicas = 0, availableReplicas = 0 } = status;
  return [replicas, updatedReplicas, readyReplicas, availableReplicas].every((count) => count === wantedPods(stored));
}

function failureOf(status: Status): Verdict | undefined {
  const replicaFailure = conditionOf(status, "ReplicaFailure");
  if (replicaFailure?.status === "True")
    return no(replicaFailure.reason ?? "ReplicaFailure", replicaFailure.message ?? "pods cannot be created");
  const progressing = conditionOf(status, "Progressing");
  if (progressing?.status === "False")
    return no(progressing.reason ?? "RolloutFailed", progressing.message ?? "the rollout does not progress");
  return undefined;
}

function conditionOf({ conditions = [] }: Status, type: string) {
  return conditions.find((condition) => condition.type === type);
}

/** When the rollout came forward last, or pods were lost after it; undefined where nobody says. */
function standstill(status: Status): string | undefined {
  const available = conditionOf(status, "Available");
  const lostAt = available?.status === "False" ? available.lastTransitionTime : undefined;
  return [conditionOf(status, "Progressing")?.lastUpdateTime, lostAt]
    .filter((time) => time !== undefined)
    .sort()
    .at(-1);
}

function rolling(stored: Workload, status: Status, facts: RolloutFacts): Rollout {
  const { now } = facts;
  const since = standstill(status) ?? facts.since ?? now;
  const failure = failureOf(status);
  if (failure !== undefined) return { phase: "Failed", verdict: failure };

  const { updatedReplicas = 0, readyReplicas = 0 } = status;
  const counts = `${updatedReplicas} of ${wantedPods(stored)} pods are new, ${readyReplicas} are ready`;
  if (!isOverdue(since, now)) {
    return { phase: "Rolling", verdict: no("RollingOut", counts), askAgainAfter: patienceLeft(since, now) };
  }
  const labels = Object.entries(stored.spec?.selector.matchLabels ?? {}).map((label) => label.join("="));
  const events = describeCommand(stored, `pods -l ${labels.join()}`);
  return {
    phase: "Rolling",
    verdict: no("WaitingForPods", `${counts}, and no more since ${since}; events tell why: ${events}`),
  };
}

/** Room for what happens between the end of a pod's grace period and its being gone. */
const marginSeconds = 60;

/**
 * Whole seconds until pods that this cluster does not count are surely gone: `terminatingReplicas` is on by default from
 * Kubernetes 1.35.
 */
function settleTime(stored: Workload, status: Status, { settleSeconds, now }: RolloutFacts): number {
  if (status.terminatingReplicas !== undefined || stored.kind === "StatefulSet") return 0;
  const since = conditionOf(status, "Progressing")?.lastUpdateTime ?? now;
  const grace = (stored.spec?.template.spec?.terminationGracePeriodSeconds ?? 30) + marginSeconds;
  const left = Date.parse(since) / 1000 + (settleSeconds ?? grace) - Date.parse(now) / 1000;
  return Math.max(0, Math.ceil(left));
}

function draining(stored: Workload, status: Status, facts: RolloutFacts): Rollout {
  const pods = wantedPods(stored);
  const verdict =
    pods === 0 ? yes("ScaledToZero", "no pods are asked for") : yes("Running", `${pods} of ${pods} pods are ready`);
  if ((status.terminatingReplicas ?? 0) > 0) return { phase: "Draining", verdict };
  const left = settleTime(stored, status, facts);
  return left > 0 ? { phase: "Draining", verdict, askAgainAfter: left } : { phase: "Complete", verdict };
}
