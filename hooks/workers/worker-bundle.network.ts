/** How a bundle is reached and kept apart: Service, Ingress, NetworkPolicy, and how many pods there are. */

import { HorizontalPodAutoscaler, Ingress, NetworkPolicy, PodDisruptionBudget, Service } from "../../api/builtin.ts";
import { socketName } from "../../api/workers/names.ts";
import type { WorkersSettings } from "../../api/workers/settings.ts";
import type { WorkerBundle } from "../../api/workers/worker-bundle.ts";
import { childOf, filled } from "../kube/object.ts";
import { selectorOf, workersOf } from "./worker-bundle.deployment.ts";

/** Addresses of cluster and neighbours, which tenant code has no business to call. */
const privateRanges = ["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"];
const defaultCpuTarget = 80;

function metadata(bundle: WorkerBundle) {
  return { name: bundle.spec.deploymentName, labels: selectorOf(bundle) };
}

export function serviceOf(bundle: WorkerBundle): Service {
  const ports = workersOf(bundle).map(({ workerName, workerNumber }) => ({
    name: socketName(workerName),
    port: workerNumber,
    protocol: "TCP" as const,
    targetPort: socketName(workerName),
  }));
  return childOf(bundle, Service, metadata(bundle), {
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
    { ...metadata(bundle), ...filled({ annotations }) },
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
  return childOf(bundle, PodDisruptionBudget, metadata(bundle), {
    spec: { maxUnavailable: 1, selector: { matchLabels: selectorOf(bundle) } },
  });
}

/** In: the workers' ports only. Out: the public internet and name resolution only. */
export function networkPolicyOf(bundle: WorkerBundle): NetworkPolicy {
  const ports = workersOf(bundle).map(({ workerName }) => ({ port: socketName(workerName), protocol: "TCP" as const }));
  return childOf(bundle, NetworkPolicy, metadata(bundle), {
    spec: {
      podSelector: { matchLabels: selectorOf(bundle) },
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ ports }],
      egress: [
        { to: [{ ipBlock: { cidr: "0.0.0.0/0", except: privateRanges } }] },
        {
          ports: [
            { port: 53, protocol: "UDP" },
            { port: 53, protocol: "TCP" },
          ],
        },
      ],
    },
  });
}

export function autoscalerOf(bundle: WorkerBundle): HorizontalPodAutoscaler | undefined {
  const { autoscaling } = bundle.spec.podTemplate;
  if (autoscaling === undefined) return undefined;
  const averageUtilization = autoscaling.targetCPUUtilizationPercentage ?? defaultCpuTarget;
  return childOf(bundle, HorizontalPodAutoscaler, metadata(bundle), {
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: bundle.spec.deploymentName },
      minReplicas: autoscaling.minReplicas ?? 1,
      maxReplicas: autoscaling.maxReplicas,
      metrics: [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization } } }],
    },
  });
}
