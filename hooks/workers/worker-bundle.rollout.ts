/** How far the rollout of a bundle's Deployment has come, and what it waits for. */

import type { Deployment } from "../../api/builtin.ts";
import type { WorkersSettings } from "../../api/workers/settings.ts";
import type { WorkerBundle } from "../../api/workers/worker-bundle.ts";
import { no, unknown, type Verdict, yes } from "../contract/conditions.ts";
import { describeCommand } from "../contract/describe.ts";
import { isOverdue, patienceLeft } from "../contract/patience.ts";
import { contentAnnotation, generationAnnotation } from "./worker-bundle.deployment.ts";

export interface Rollout {
  verdict: Verdict;
  /** Since when what is stored is not what is asked for. */
  updatingSince?: string;
  /** Whole seconds after which time alone changes the verdict. */
  askAgainAfter?: number;
}

export interface RolloutFacts {
  bundle: WorkerBundle;
  stored: Deployment | undefined;
  desired: Deployment;
  settings: WorkersSettings;
  now: string;
}

export function rolloutOf(facts: RolloutFacts): Rollout {
  const { stored, desired } = facts;
  if (stored === undefined) return { verdict: unknown("RollingOut", "the Deployment is being created") };
  if (!isAsDesired(stored, desired)) return updating(facts);
  const status = observedStatus(stored);
  if (status === undefined)
    return { verdict: no("RollingOut", "the Deployment is changed, and nobody acts on it yet") };
  const wanted = stored.spec?.replicas ?? 1;
  return isComplete(wanted, status) ? draining(status, facts) : progressing(stored, wanted, status, facts);
}

type DeploymentStatus = NonNullable<Deployment["status"]>;

function content(deployment: Deployment): string | undefined {
  return deployment.spec?.template.metadata?.annotations?.[contentAnnotation];
}

function generation({ metadata }: Deployment): string | undefined {
  return metadata.annotations?.[generationAnnotation];
}

/** The same content may have been asked for before: only with the generation is it known to be asked for now. */
function isAsDesired(stored: Deployment, desired: Deployment): boolean {
  return content(stored) === content(desired) && generation(stored) === generation(desired);
}

/** What was observed of the stored spec; undefined while that is still to come. */
function observedStatus({ metadata, status }: Deployment): DeploymentStatus | undefined {
  return (status?.observedGeneration ?? 0) >= (metadata.generation ?? 1) ? status : undefined;
}

/** A write takes milliseconds; one that does not come was refused, which only an event of the bundle tells. */
function updating({ bundle, now }: RolloutFacts): Rollout {
  const updatingSince = bundle.status?.updatingSince ?? now;
  const events = describeCommand(bundle, `workerbundle ${bundle.metadata.name}`);
  const verdict = isOverdue(updatingSince, now)
    ? no("UpdateRefused", `the Deployment could not be changed since ${updatingSince}; events tell why: ${events}`)
    : no("RollingOut", "the Deployment is being updated");
  return { verdict, updatingSince, askAgainAfter: patienceLeft(updatingSince, now) };
}

/** Every wanted pod is new and ready, and no pod of an older template is left in the count. */
function isComplete(wanted: number, status: DeploymentStatus): boolean {
  const { replicas = 0, updatedReplicas = 0, readyReplicas = 0, availableReplicas = 0 } = status;
  return replicas === wanted && updatedReplicas === wanted && readyReplicas === wanted && availableReplicas === wanted;
}

function conditionOf(status: DeploymentStatus, type: string) {
  return status.conditions?.find((condition) => condition.type === type);
}

function failureOf(status: DeploymentStatus): Verdict | undefined {
  const progressing = conditionOf(status, "Progressing");
  const replicaFailure = conditionOf(status, "ReplicaFailure");
  if (replicaFailure?.status === "True")
    return no(replicaFailure.reason ?? "ReplicaFailure", replicaFailure.message ?? "pods cannot be created");
  if (progressing?.status === "False")
    return no(progressing.reason ?? "RolloutFailed", progressing.message ?? "the rollout does not progress");
  return undefined;
}

/** When the rollout came forward last, or pods were lost after it; undefined where nobody says. */
function standstill(status: DeploymentStatus): string | undefined {
  const available = conditionOf(status, "Available");
  const lostAt = available?.status === "False" ? available.lastTransitionTime : undefined;
  return [conditionOf(status, "Progressing")?.lastUpdateTime, lostAt]
    .filter((time) => time !== undefined)
    .sort()
    .at(-1);
}

function progressing(stored: Deployment, wanted: number, status: DeploymentStatus, { now }: RolloutFacts): Rollout {
  const failure = failureOf(status);
  if (failure !== undefined) return { verdict: failure };

  const { updatedReplicas = 0, readyReplicas = 0 } = status;
  const counts = `${updatedReplicas} of ${wanted} pods are new, ${readyReplicas} are ready`;
  const since = standstill(status);
  if (since === undefined || !isOverdue(since, now)) {
    return { verdict: no("RollingOut", counts), askAgainAfter: patienceLeft(since ?? now, now) };
  }
  const events = describeCommand(stored, `pods -l app=${stored.metadata.name}`);
  return { verdict: no("WaitingForPods", `${counts}, and no more since ${since}; events tell why: ${events}`) };
}

/** Whole seconds until pods that this cluster does not count are surely gone. */
function settleTime(status: DeploymentStatus, settings: WorkersSettings, now: string): number {
  if (status.terminatingReplicas !== undefined) return 0;
  const since = conditionOf(status, "Progressing")?.lastUpdateTime ?? now;
  const left = Date.parse(since) + settings.settleSeconds * 1000 - Date.parse(now);
  return Math.max(0, Math.ceil(left / 1000));
}

function draining(status: DeploymentStatus, { settings, now }: RolloutFacts): Rollout {
  const { terminatingReplicas = 0 } = status;
  if (terminatingReplicas > 0)
    return { verdict: no("Draining", `${terminatingReplicas} old pods finish what they have begun`) };
  const left = settleTime(status, settings, now);
  if (left > 0) return { verdict: no("Draining", "old pods finish what they have begun"), askAgainAfter: left };
  return { verdict: yes("Serving", "every pod serves it, and nothing older is left") };
}
