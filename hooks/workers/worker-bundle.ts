/**
 * WorkerBundle: serves the workers of one image. A Deployment of workerd with one named socket per worker, a Service
 * with one port per worker, an Ingress with one host per worker. It says "serving" only when every pod runs what is
 * asked for and nothing older is left.
 */

import {
  Deployment,
  HorizontalPodAutoscaler,
  Ingress,
  NetworkPolicy,
  PodDisruptionBudget,
  Service,
} from "../../api/builtin.ts";
import type { WorkersSettings } from "../../api/workers/settings.ts";
import { WorkerBundle } from "../../api/workers/worker-bundle.ts";
import { composite } from "../contract/composite.ts";
import { no, unknown, type Verdict, yes } from "../contract/conditions.ts";
import { contentAnnotation, deploymentOf, generationAnnotation } from "./worker-bundle.deployment.ts";
import { autoscalerOf, disruptionBudgetOf, ingressOf, networkPolicyOf, serviceOf } from "./worker-bundle.network.ts";

export const workerBundle = composite<WorkerBundle, WorkersSettings>({
  parent: WorkerBundle,
  children: [
    { kind: Deployment, update: "InPlace" },
    { kind: Service, update: "InPlace" },
    { kind: Ingress, update: "InPlace" },
    { kind: PodDisruptionBudget, update: "InPlace" },
    { kind: NetworkPolicy, update: "InPlace" },
    { kind: HorizontalPodAutoscaler, update: "InPlace" },
  ],

  sync({ parent, children, now }, settings) {
    if (!hasWorkers(parent)) {
      return {
        children: [],
        status: { replicas: 0, readyReplicas: 0 },
        conditions: { Ready: yes("NoWorkers", "there is nothing to serve") },
      };
    }

    const deployment = children.get(Deployment, parent.spec.deploymentName);
    const desired = deploymentOf(parent, deployment, settings);
    const rollout = rolloutOf(deployment, desired, settings, now);
    const isServing = rollout.verdict.status === "True";
    return {
      children: [
        desired,
        serviceOf(parent),
        ingressOf(parent, settings),
        disruptionBudgetOf(parent),
        networkPolicyOf(parent),
        autoscalerOf(parent),
      ].filter((child) => child !== undefined),
      status: {
        servingRelease: isServing ? parent.spec.release : undefined,
        workers: isServing ? servedWorkers(parent) : undefined,
        replicas: deployment?.status?.replicas ?? 0,
        readyReplicas: deployment?.status?.readyReplicas ?? 0,
      },
      conditions: { Ready: rollout.verdict },
      resyncAfterSeconds: rollout.askAgainAfter,
    };
  },
});

function hasWorkers({ spec }: WorkerBundle): boolean {
  return spec.podTemplate.image !== undefined && spec.workers !== undefined && spec.workers.length > 0;
}

function servedWorkers({ spec }: WorkerBundle) {
  return spec.workers?.map(({ workerName, version }) => ({
    name: workerName,
    ...(version === undefined ? {} : { version }),
  }));
}

type DeploymentStatus = NonNullable<Deployment["status"]>;

function content(deployment: Deployment): string | undefined {
  return deployment.spec?.template.metadata?.annotations?.[contentAnnotation];
}

function generation({ metadata }: Deployment): string | undefined {
  return metadata.annotations?.[generationAnnotation];
}

/** The same content may have been asked for before: only with the generation is it known to be asked for now. */
function isStored(deployment: Deployment, desired: Deployment): boolean {
  return content(deployment) === content(desired) && generation(deployment) === generation(desired);
}

/** What was observed of the stored spec; undefined while that is still to come. */
function observedStatus({ metadata, status }: Deployment): DeploymentStatus | undefined {
  return (status?.observedGeneration ?? 0) >= (metadata.generation ?? 1) ? status : undefined;
}

/** Every wanted pod is new and ready, and no pod of an older template is left in the count. */
function isComplete(wanted: number, status: DeploymentStatus): boolean {
  const { replicas = 0, updatedReplicas = 0, readyReplicas = 0, availableReplicas = 0 } = status;
  return replicas === wanted && updatedReplicas === wanted && readyReplicas === wanted && availableReplicas === wanted;
}

function conditionOf(status: DeploymentStatus, type: string) {
  return status.conditions?.find((condition) => condition.type === type);
}

/** Whole seconds until pods that this cluster does not count are surely gone. */
function settleTime(status: DeploymentStatus, settings: WorkersSettings, now: string): number {
  if (status.terminatingReplicas !== undefined) return 0;
  const since = conditionOf(status, "Progressing")?.lastUpdateTime ?? now;
  const left = Date.parse(since) + settings.settleSeconds * 1000 - Date.parse(now);
  return Math.max(0, Math.ceil(left / 1000));
}

interface Rollout {
  verdict: Verdict;
  askAgainAfter?: number;
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

function rolloutOf(
  deployment: Deployment | undefined,
  desired: Deployment,
  settings: WorkersSettings,
  now: string,
): Rollout {
  if (deployment === undefined) return { verdict: unknown("RollingOut", "the Deployment is being created") };
  const status = observedStatus(deployment);
  if (!isStored(deployment, desired) || status === undefined) {
    return { verdict: no("RollingOut", "the Deployment is being updated") };
  }
  const wanted = deployment.spec?.replicas ?? 1;
  if (!isComplete(wanted, status)) {
    const { updatedReplicas = 0, readyReplicas = 0 } = status;
    const waiting = no("RollingOut", `${updatedReplicas} of ${wanted} pods are new, ${readyReplicas} are ready`);
    return { verdict: failureOf(status) ?? waiting };
  }
  const { terminatingReplicas = 0 } = status;
  if (terminatingReplicas > 0)
    return { verdict: no("Draining", `${terminatingReplicas} old pods finish what they have begun`) };
  const left = settleTime(status, settings, now);
  if (left > 0) return { verdict: no("Draining", "old pods finish what they have begun"), askAgainAfter: left };
  return { verdict: yes("Serving", "every pod serves it, and nothing older is left") };
}
