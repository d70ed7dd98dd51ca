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
import { yes } from "../contract/conditions.ts";
import { deploymentOf } from "./worker-bundle.deployment.ts";
import { networkPolicyOf } from "./worker-bundle.isolation.ts";
import { autoscalerOf, disruptionBudgetOf, ingressOf, serviceOf } from "./worker-bundle.network.ts";
import { bundleRollout } from "./worker-bundle.rollout.ts";

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
    const rollout = bundleRollout({ bundle: parent, stored: deployment, desired, settings, now });
    const isServing = rollout.verdict.status === "True";
    return {
      children: [
        desired,
        serviceOf(parent),
        ingressOf(parent, settings),
        disruptionBudgetOf(parent),
        networkPolicyOf(parent, settings),
        autoscalerOf(parent),
      ].filter((child) => child !== undefined),
      status: {
        servingRelease: isServing ? parent.spec.release : undefined,
        workers: isServing ? servedWorkers(parent) : undefined,
        replicas: deployment?.status?.replicas ?? 0,
        readyReplicas: deployment?.status?.readyReplicas ?? 0,
        updatingSince: rollout.pendingSince,
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
