/** The Deployment of a bundle: workerd with one named socket per worker of the image. */

import { Deployment } from "../../api/builtin.ts";
import { healthPort, healthSocket, socketName } from "../../api/workers/names.ts";
import type { WorkersSettings } from "../../api/workers/settings.ts";
import type { BundleWorker, WorkerBundle } from "../../api/workers/worker-bundle.ts";
import { generationOf } from "../contract/conditions.ts";
import { contentHash } from "../contract/names.ts";
import { inOrder } from "../contract/order.ts";
import { storedQuantities } from "../contract/quantity.ts";
import { childOf, filled } from "../kube/object.ts";
import { restrictedContainer, restrictedPod } from "../kube/pod.ts";
import { generationAnnotation } from "../kube/rollout.ts";
import { pullSecrets } from "./credentials.ts";

/** Hash of the pod template: tells the hook whether the stored Deployment is the one that it asked for. */
export const contentAnnotation = "octoplane.io/content";
const configFile = "/worker/config.capnp";
const stopSeconds = 30;

export function selectorOf({ spec }: WorkerBundle): Record<string, string> {
  return { app: spec.deploymentName };
}

export function workersOf({ spec }: WorkerBundle): BundleWorker[] {
  return [...(spec.workers ?? [])].sort((a, b) => inOrder(a.workerName, b.workerName));
}

/** workerd does not start while a socket has no address, so one without a served worker gets an unreachable one. */
function socketArguments(bundle: WorkerBundle): string[] {
  const served = new Map(workersOf(bundle).map((worker) => [socketName(worker.workerName), worker.workerNumber]));
  const sockets = bundle.spec.sockets ?? [...served.keys()];
  const addresses = sockets.map((socket) => {
    const port = served.get(socket);
    return `--socket-addr=${socket}=${port === undefined ? "127.0.0.1:0" : `*:${port}`}`;
  });
  return [...addresses.sort(), `--socket-addr=${healthSocket}=*:${healthPort}`];
}

function environment(bundle: WorkerBundle) {
  const sources = workersOf(bundle).flatMap(({ envPrefix, secretRef }) =>
    secretRef === undefined || secretRef === ""
      ? []
      : [{ ...filled({ prefix: envPrefix }), secretRef: { name: secretRef } }],
  );
  return sources.length === 0 ? {} : { envFrom: sources };
}

/** A busy loop stalls the whole process, so liveness asks a worker of the image that only says that it is there. */
const probes = {
  readinessProbe: { httpGet: { path: "/", port: healthSocket, scheme: "HTTP" }, periodSeconds: 1, timeoutSeconds: 2 },
  livenessProbe: {
    httpGet: { path: "/", port: healthSocket, scheme: "HTTP" },
    periodSeconds: 10,
    timeoutSeconds: 5,
    failureThreshold: 3,
  },
};

function container(bundle: WorkerBundle, settings: WorkersSettings) {
  const { image, resources } = bundle.spec.podTemplate;
  const ports = [
    ...workersOf(bundle).map((worker) => ({
      name: socketName(worker.workerName),
      containerPort: worker.workerNumber,
      protocol: "TCP" as const,
    })),
    { name: healthSocket, containerPort: healthPort, protocol: "TCP" as const },
  ];
  const drain =
    settings.drainSeconds === 0 ? {} : { lifecycle: { preStop: { sleep: { seconds: settings.drainSeconds } } } };
  return {
    name: "workerd",
    ...filled({ image }),
    command: ["workerd", "serve", configFile, "config", ...socketArguments(bundle)],
    ports,
    ...environment(bundle),
    ...probes,
    ...drain,
    resources: resourcesOf(resources, settings),
    securityContext: restrictedContainer,
  };
}

type Resources = NonNullable<WorkerBundle["spec"]["podTemplate"]["resources"]>;

/** What the account says, or else a small request and the installation's limit. */
function resourcesOf({ requests, limits }: Resources = {}, { workerMemory }: WorkersSettings) {
  const own = filled({ requests: storedQuantities(requests), limits: storedQuantities(limits) });
  if (Object.keys(own).length > 0) return own;
  return { requests: { cpu: "50m", memory: "128Mi" }, limits: storedQuantities({ memory: workerMemory }) };
}

function podSpec(bundle: WorkerBundle, settings: WorkersSettings) {
  const { imagePullSecret, priorityClassName, nodeSelector } = bundle.spec.podTemplate;
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: stopSeconds + settings.drainSeconds,
    securityContext: restrictedPod,
    containers: [container(bundle, settings)],
    ...pullSecrets(settings, imagePullSecret),
    ...filled({ priorityClassName, nodeSelector }),
  };
}

/** A change of a Secret that a user edits changes nothing else in the template, so its revision has a place of its own. */
function secretRevisions(bundle: WorkerBundle): string[] {
  return workersOf(bundle).flatMap(({ secretRevision }) => (secretRevision === undefined ? [] : [secretRevision]));
}

/**
 * With an autoscaler the stored number is repeated: leaving it out would make the API server fall back to one pod at
 * the moment when autoscaling is turned on.
 */
function replicas({ spec }: WorkerBundle, stored: Deployment | undefined): number {
  const { autoscaling, replicas = 1 } = spec.podTemplate;
  return autoscaling === undefined ? replicas : (stored?.spec?.replicas ?? autoscaling.minReplicas ?? 1);
}

export function deploymentOf(
  bundle: WorkerBundle,
  stored: Deployment | undefined,
  settings: WorkersSettings,
): Deployment {
  const pod = podSpec(bundle, settings);
  const content = contentHash({ pod, secrets: secretRevisions(bundle), release: bundle.spec.release ?? "" }, 16);
  const labels = selectorOf(bundle);
  const annotations = { [generationAnnotation]: String(generationOf(bundle)) };
  return childOf(bundle, Deployment, { name: bundle.spec.deploymentName, labels, annotations }, {
    spec: {
      replicas: replicas(bundle, stored),
      selector: { matchLabels: labels },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: { metadata: { labels, annotations: { [contentAnnotation]: content } }, spec: pod },
    },
  } as Omit<Deployment, "apiVersion" | "kind" | "metadata">);
}
