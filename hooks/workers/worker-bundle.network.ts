/** How a bundle is reached, and how many pods there are: Service, Ingress, PodDisruptionBudget, autoscaler. */

import { HorizontalPodAutoscaler, Ingress, PodDisruptionBudget, Service } from "../../api/builtin.ts";
import { socketName } from "../../api/workers/names.ts";
import type { WorkersSettings } from "../../api/workers/settings.ts";
import type { WorkerBundle } from "../../api/workers/worker-bundle.ts";
import { childOf, filled } from "../kube/object.ts";
import { selectorOf, workersOf } from "./worker-bundle.deployment.ts";

const defaultCpuTarget = 80;

export function metadataOf(bundle: WorkerBundle) {
  return { name: bundle.spec.deploymentName, labels: selectorOf(bundle) };
}

export function serviceOf(bundle: WorkerBundle): Service {
  const ports = workersOf(bundle).map(({ workerName, workerNumber }) => ({
    name: socketName(workerName),
    port: workerNumber,
    protocol: "TCP" as const,
    targetPort: socketName(workerName),
  }));
  return childOf(bundle, Service, metadataOf(bundle), {
    spec: { type: "ClusterIP", selector: selectorOf(bundle), ports },
  });
}

/** One host per worker that has a public address; no Ingress without any. */
export function ingressOf(bundle: WorkerBundle, settings: WorkersSettings): Ingress | undefined {
  const { className, tlsSecretName, annotations } = bundle.spec.ingress ?? {};
  const rules = workersOf(bundle).flatMap(({ workerName, host }) =>
    host === undefined ? [] : [{ host, http: { paths: [backend(bundle, workerName)] } }],
  );
  if (rules.length === 0) return undefined;

  return childOf(
    bundle,
    Ingress,
    { ...metadataOf(bundle), ...filled({ annotations }) },
    {
      spec: {
        ingressClassName: className ?? settings.ingressClassName,
        rules,
        ...(tlsSecretName === undefined
          ? {}
          : { tls: [{ hosts: rules.map(({ host }) => host), secretName: tlsSecretName }] }),
      },
    },
  );
}

function backend(bundle: WorkerBundle, workerName: string) {
  const service = { name: bundle.spec.deploymentName, port: { name: socketName(workerName) } };
  return { path: "/", pathType: "Prefix", backend: { service } };
}

export function disruptionBudgetOf(bundle: WorkerBundle): PodDisruptionBudget {
  return childOf(bundle, PodDisruptionBudget, metadataOf(bundle), {
    spec: { maxUnavailable: 1, selector: { matchLabels: selectorOf(bundle) } },
  });
}

export function autoscalerOf(bundle: WorkerBundle): HorizontalPodAutoscaler | undefined {
  const { autoscaling } = bundle.spec.podTemplate;
  if (autoscaling === undefined) return undefined;
  const averageUtilization = autoscaling.targetCPUUtilizationPercentage ?? defaultCpuTarget;
  return childOf(bundle, HorizontalPodAutoscaler, metadataOf(bundle), {
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: bundle.spec.deploymentName },
      minReplicas: autoscaling.minReplicas ?? 1,
      maxReplicas: autoscaling.maxReplicas,
      metrics: [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization } } }],
    },
  });
}
