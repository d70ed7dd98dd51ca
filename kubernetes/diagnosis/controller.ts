/** What controllers say: that pods are refused, that a rollout stands still, that a Job has given up. */

import type { Job } from "../../api/builtin.ts";
import type { KubernetesObject } from "../../api/resource.ts";
import type { Finding, Trouble } from "./cause.ts";
import { newestAbout, newestFirst } from "./event.ts";
import type { Workload } from "./workload.ts";

interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
}

function conditionIn(conditions: readonly Condition[] | undefined, type: string, status: string) {
  return conditions?.find((condition) => condition.type === type && condition.status === status);
}

export function isComplete(job: Job | undefined): boolean {
  return conditionIn(job?.status?.conditions, "Complete", "True") !== undefined;
}

export function hasFailed(job: Job | undefined): boolean {
  return conditionIn(job?.status?.conditions, "Failed", "True") !== undefined;
}

/** Quotas, limits, pod security, a missing service account: told for as long as pods are missing. */
export function replicaSetFindings({ replicaSet, events }: Workload): Finding[] {
  const { spec, status } = replicaSet ?? {};
  if (replicaSet === undefined || (status?.replicas ?? 0) >= (spec?.replicas ?? 1)) return [];
  const condition = conditionIn(status?.conditions, "ReplicaFailure", "True");
  return about(replicaSet, [...failedCreations(replicaSet, events), ...said(condition)]);
}

export function deploymentFindings({ deployment }: Workload): Finding[] {
  const conditions = deployment?.status?.conditions;
  if (deployment === undefined) return [];
  const troubles = [conditionIn(conditions, "ReplicaFailure", "True"), conditionIn(conditions, "Progressing", "False")];
  return about(deployment, troubles.flatMap(said));
}

export function jobFindings({ job, events }: Workload): Finding[] {
  if (job === undefined) return [];
  const conditions = job.status?.conditions;
  const hasPods = (job.status?.active ?? 0) > 0;
  return about(job, [
    ...(hasPods ? [] : failedCreations(job, events)),
    // The embedded platform, which has no pods, says here what a pod would wait for.
    ...said(conditionIn(conditions, "Waiting", "True")),
    ...said(conditionIn(conditions, "Failed", "True")),
  ]);
}

/** Refused pods, for as long as some are missing; on the embedded platform, which runs no StatefulSets, that it does not. */
export function statefulSetFindings({ statefulSet, events }: Workload): Finding[] {
  const { spec, status } = statefulSet ?? {};
  if (statefulSet === undefined || (status?.replicas ?? 0) >= (spec?.replicas ?? 1)) return [];
  const condition = conditionIn(status?.conditions, "ReplicaFailure", "True");
  return about(statefulSet, [...failedCreations(statefulSet, events), ...said(condition)]);
}

const resources = { Job: "jobs.batch", Deployment: "deployments.apps", StatefulSet: "statefulsets.apps" };

/** What the API server refuses to create: whoever asks for it tells so, in an Event of its own object. */
export function refusedFindings({ target, job, deployment, statefulSet, knowsPods, events }: Workload): Finding[] {
  const { kind, name } = target;
  const isGone = knowsPods && (job ?? deployment ?? statefulSet) === undefined;
  if (!isGone || kind === "Pod") return [];
  const refusal = new RegExp(`(?:${resources[kind]}|${kind}\\.\\w+) "${name}" is (?:forbidden|invalid): (.*)$`, "s");
  const [words] = newestFirst(events).flatMap(({ message = "" }) => refusal.exec(message)?.[1] ?? []);
  return words === undefined ? [] : [{ kind, name, reason: "FailedCreate", predicate: `cannot be created: ${words}` }];
}

function about({ kind, metadata: { name } }: KubernetesObject, troubles: readonly Trouble[]): Finding[] {
  return troubles.map((trouble) => ({ kind, name, ...trouble }));
}

function failedCreations(controller: KubernetesObject, events: Workload["events"]): Trouble[] {
  return newestAbout(events, controller)
    .filter(({ reason }) => reason === "FailedCreate")
    .map(({ reason = "", message = "" }) => ({ reason, predicate: inWords(message) }));
}

function said(condition: Condition | undefined): Trouble[] {
  if (condition === undefined) return [];
  const { type, reason = type, message = reason } = condition;
  return [{ reason, predicate: inWords(message) }];
}

/** A refusal without the name of the pod that never came to be. */
function inWords(message: string): string {
  const refusal = /^(?:\(combined from similar events\): )?(?:Error creating: )?pods "[^"]*" is forbidden: (.*)$/s;
  const words = refusal.exec(message)?.[1];
  return words === undefined ? `reports: ${message}` : `cannot create pods: ${words}`;
}
