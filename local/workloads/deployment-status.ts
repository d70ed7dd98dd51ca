/** The status of a Deployment, in the words of a real cluster's controller. */

import type { Deployment } from "../../api/builtin.ts";
import { type Instance, isLive, isRolledOut, type RolloutState } from "./rollout.ts";
import type { Waiting } from "./template.ts";

export type DeploymentStatus = NonNullable<Deployment["status"]>;
export type Condition = NonNullable<DeploymentStatus["conditions"]>[number];

export interface StatusInput extends RolloutState {
  deployment: Deployment;
  /** Why the wanted template does not run: a missing Secret, an image of somebody else, a crash. */
  trouble: Waiting | undefined;
  /** When the rollout last came forward, in milliseconds. */
  progressedAt: number;
}

const defaultDeadlineSeconds = 600;

export function deploymentStatus(input: StatusInput): DeploymentStatus {
  const { deployment, replicas, hash, instances } = input;
  const live = instances.filter(isLive);
  const ready = live.filter((each) => each.phase === "ready").length;
  const observed = deployment.status;
  return {
    observedGeneration: deployment.metadata.generation ?? 1,
    ...count("replicas", live.length),
    ...count("updatedReplicas", live.filter((each) => each.hash === hash).length),
    ...count("readyReplicas", ready),
    ...count("availableReplicas", ready),
    ...count("unavailableReplicas", Math.max(0, Math.max(replicas, live.length) - ready)),
    terminatingReplicas: instances.filter((each) => !isLive(each)).length,
    conditions: [available(input, ready), progressing(input), ...replicaFailure(input)].map((condition) =>
      timed(condition, observed?.conditions, input.now),
    ),
  };
}

/** When the status changes although nothing else does, in milliseconds. */
export function progressDeadline({ deployment, progressedAt }: StatusInput): number {
  return progressedAt + (deployment.spec?.progressDeadlineSeconds ?? defaultDeadlineSeconds) * 1000;
}

/** Counts of zero are left out, as the real controller does. */
function count<K extends string>(name: K, value: number): Partial<Record<K, number>> {
  return value === 0 ? {} : ({ [name]: value } as Record<K, number>);
}

type Untimed = Pick<Condition, "type" | "status" | "reason" | "message">;

function available({ replicas }: RolloutState, ready: number): Untimed {
  const enough = ready >= replicas;
  return {
    type: "Available",
    status: enough ? "True" : "False",
    reason: enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
    message: enough ? "Deployment has minimum availability." : "Deployment does not have minimum availability.",
  };
}

function progressing(input: StatusInput): Untimed {
  const replicaSet = `ReplicaSet "${input.deployment.metadata.name}-${input.hash}"`;
  if (isRolledOut(input)) {
    const message = `${replicaSet} has successfully progressed.`;
    return { type: "Progressing", status: "True", reason: "NewReplicaSetAvailable", message };
  }
  if (!wasComplete(input) && input.now >= progressDeadline(input)) {
    const message = `${replicaSet} has timed out progressing.`;
    return { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message };
  }
  return { type: "Progressing", status: "True", reason: "ReplicaSetUpdated", message: `${replicaSet} is progressing.` };
}

/** The deadline is for rollouts: a Deployment that was complete and lost a process later is not one. */
function wasComplete({ stable, hash }: RolloutState): boolean {
  return stable === hash;
}

function replicaFailure({ trouble }: StatusInput): Untimed[] {
  return trouble ? [{ type: "ReplicaFailure", status: "True", reason: trouble.reason, message: trouble.message }] : [];
}

function timed(condition: Untimed, observed: readonly Condition[] | undefined, now: number): Condition {
  const before = observed?.find((each) => each.type === condition.type);
  const time = new Date(now).toISOString().replace(/\.\d+Z$/, "Z");
  const isSame =
    before?.status === condition.status && before.reason === condition.reason && before.message === condition.message;
  return {
    ...condition,
    lastUpdateTime: (isSame && before?.lastUpdateTime) || time,
    lastTransitionTime: (before?.status === condition.status && before.lastTransitionTime) || time,
  };
}

export type { Instance };
