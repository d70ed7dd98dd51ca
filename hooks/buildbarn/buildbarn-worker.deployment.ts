/**
 * The Deployment of a pool. The runner is a restartable init container: it is there before the worker asks for it, and
 * ends after the worker, which finishes its actions first.
 */

import type { Container } from "kubernetes-types/core/v1.js";
import type { BuildbarnWorker } from "../../api/buildbarn/buildbarn-worker.ts";
import { configFolder, configKeys, ports } from "../../api/buildbarn/names.ts";
import { folderImage } from "../../api/buildbarn/versions.ts";
import type { Deployment } from "../../api/builtin.ts";
import { storedQuantity } from "../contract/quantity.ts";
import { isFuse } from "./buildbarn-worker.build-directory.ts";
import { type DeploymentOptions, deploymentOf } from "./client.ts";
import { versionOf } from "./kinds.ts";
import type { Ingredients } from "./plan.ts";
import { runnerImageOf } from "./platform.ts";
import { configMount, hasProbes, imageOf, programOf, resourcesOf, startupProbe } from "./pods.ts";
import { blobFolder, buildFolder, cacheFolder, workerFolder } from "./worker-folders.ts";

/** Without root, as in the original: actions are strangers to the worker's cache. */
const nobody = 65534;

const runnerFolder = { name: "empty", mountPath: "/bb" };
const runnerPort = { name: "runner-diag", containerPort: ports.runnerDiagnostics, protocol: "TCP" as const };

/** A restartable init container, which the type package does not know yet. */
type Sidecar = Container & { restartPolicy: "Always" };

function fieldOf(name: string, fieldPath: string) {
  return { name, valueFrom: { fieldRef: { apiVersion: "v1", fieldPath } } };
}

function workerMount(worker: BuildbarnWorker, mountPropagation: "Bidirectional" | "HostToContainer") {
  return { name: "worker", mountPath: workerFolder, ...(isFuse(worker) ? { mountPropagation } : {}) };
}

function installer({ spec }: BuildbarnWorker, fallback: string): Container {
  return {
    name: "bb-runner-installer",
    image: imageOf(spec.runnerInstallerImage, fallback),
    securityContext: { allowPrivilegeEscalation: false },
    volumeMounts: [{ ...runnerFolder, mountPath: "/bb/" }],
  };
}

function folders(worker: BuildbarnWorker): Container {
  const own = isFuse(worker) ? `mkdir -pm 0700 ${blobFolder}/persistent_state` : `mkdir -pm 0700 ${cacheFolder}`;
  return {
    name: "volume-init",
    image: folderImage,
    command: ["sh", "-c", `mkdir -pm 0777 ${buildFolder} && ${own} && chmod 0777 ${workerFolder}`],
    securityContext: { allowPrivilegeEscalation: false },
    volumeMounts: [{ name: "worker", mountPath: workerFolder }],
  };
}

function runner(worker: BuildbarnWorker): Sidecar {
  const { probes, instance, runnerResources } = worker.spec;
  return {
    name: "runner",
    image: runnerImageOf(worker),
    restartPolicy: "Always",
    command: [...versionOf(worker).runnerCommand, `${configFolder}${configKeys.runner(instance)}`],
    ports: [runnerPort],
    ...(hasProbes(worker) ? startupProbe(runnerPort.name, probes) : {}),
    ...resourcesOf(runnerResources),
    securityContext: { runAsUser: nobody, allowPrivilegeEscalation: false },
    volumeMounts: [configMount, workerMount(worker, "HostToContainer"), { ...runnerFolder, readOnly: true }],
  };
}

function program(worker: BuildbarnWorker, ingredients: Ingredients): Container {
  const { image, instance } = worker.spec;
  return programOf(worker, ingredients, {
    name: "worker",
    image: imageOf(image, versionOf(worker).images.worker),
    args: [`${configFolder}${configKeys.worker(instance)}`],
    env: [fieldOf("NODE_NAME", "spec.nodeName"), fieldOf("POD_NAME", "metadata.name")],
    volumeMounts: [workerMount(worker, "Bidirectional")],
    securityContext: isFuse(worker) ? { privileged: true } : { allowPrivilegeEscalation: false },
  });
}

function disk({ spec }: BuildbarnWorker) {
  const { volumeSize } = spec.buildDirectory;
  if (volumeSize === undefined) return { emptyDir: {} };
  return { emptyDir: { sizeLimit: storedQuantity(volumeSize) } };
}

/**
 * With an autoscaler the stored number is repeated: a field that was written once and is left out later falls back to
 * one pod, and what is stored is only ever written over the version that was seen. A HorizontalPodAutoscaler takes no
 * pods at all for "leave it alone" unless that is its own least number, so that it gets something to begin with.
 */
function replicas(
  { spec: { replicas: wanted, autoscaling } }: BuildbarnWorker,
  stored: Deployment | undefined,
): number {
  if (autoscaling === undefined) return wanted;
  const { mode, minReplicas } = autoscaling;
  const present = stored?.spec?.replicas ?? minReplicas;
  return present === 0 && mode === "QueueLength" ? minReplicas : present;
}

const aFewAtATime: DeploymentOptions["strategy"] = {
  type: "RollingUpdate",
  rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" },
};

export interface WorkerOptions {
  ingredients: Ingredients;
  stored: Deployment | undefined;
  graceSeconds: number;
}

export function workerDeployment(
  worker: BuildbarnWorker,
  { ingredients, stored, graceSeconds }: WorkerOptions,
): Deployment {
  const { minReadySeconds, instance } = worker.spec;
  return deploymentOf(worker, ingredients, {
    replicas: replicas(worker, stored),
    ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
    strategy: aFewAtATime,
    labels: { instance },
    graceSeconds,
    spec: {
      securityContext: { seccompProfile: { type: "RuntimeDefault" } },
      initContainers: [installer(worker, versionOf(worker).images.runnerInstaller), folders(worker), runner(worker)],
      containers: [program(worker, ingredients)],
      volumes: [
        { name: "empty", emptyDir: {} },
        { name: "worker", ...disk(worker) },
      ],
    },
  });
}
