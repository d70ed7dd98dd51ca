/** The Job of one build attempt. */

import type { PodSpec } from "kubernetes-types/core/v1.js";
import { Job } from "../../api/builtin.ts";
import { infrastructureCodes, workerFaultCodes } from "../../api/workers/build-failures.ts";
import { accountLabel } from "../../api/workers/fields.ts";
import type { JobBuilder } from "../../api/workers/job-builder.ts";
import type { WorkersSettings } from "../../api/workers/settings.ts";
import { childName, contentHash } from "../contract/names.ts";
import { childOf } from "../kube/object.ts";
import { restrictedContainer, restrictedPod } from "../kube/pod.ts";
import { credentialFiles, pullSecrets } from "./credentials.ts";
import { accountOf, inputsHash, planOf, workersFile } from "./job-builder.plan.ts";

export const attemptLabel = "octoplane.io/attempt";
export const inputsLabel = "octoplane.io/inputs";
/** Of the pod that the settings of its time gave the Job. */
const podAnnotation = "octoplane.io/pod";
const containerName = "builder";
const deadlineSeconds = 600;
const planFolder = "/etc/octoplane/build";

export function attemptOf(job: Job): number {
  return Number(job.metadata.labels?.[attemptLabel] ?? 1);
}

/** Whether the settings of today give the Job another pod than it was made with. */
export function isOutdated(job: Job, parent: JobBuilder, settings: WorkersSettings): boolean {
  const today = buildJob(parent, attemptOf(job), settings);
  return job.metadata.annotations?.[podAnnotation] !== today.metadata.annotations?.[podAnnotation];
}

/** Blob key of the report that the builder of this Job leaves. */
export function reportKey({ metadata }: Job): string {
  return `reports/${metadata.labels?.[accountLabel] ?? "none"}/${metadata.name}.json`;
}

/** Exit codes that say what is wrong end the Job at once, so that its condition carries the code. */
const failurePolicy = {
  rules: [
    { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
    {
      action: "FailJob",
      onExitCodes: {
        containerName,
        operator: "In",
        values: [...infrastructureCodes, ...workerFaultCodes],
      },
    },
  ],
};

export function buildJob(parent: JobBuilder, attempt: number, settings: WorkersSettings): Job {
  const inputs = inputsHash(parent);
  const name = childName([parent.metadata.name, inputs.slice(0, 6), String(attempt)]);
  const labels = { [accountLabel]: accountOf(parent), [inputsLabel]: inputs, [attemptLabel]: String(attempt) };
  const pod = podSpec(parent, name, settings);
  return childOf(
    parent,
    Job,
    { name, labels, annotations: { [podAnnotation]: contentHash(pod) } },
    {
      spec: {
        backoffLimit: 3,
        activeDeadlineSeconds: deadlineSeconds,
        podFailurePolicy: failurePolicy,
        template: { metadata: { labels }, spec: pod },
      },
    },
  );
}

function environment(parent: JobBuilder, job: string, settings: WorkersSettings): Record<string, string> {
  const { targetImage, runtimeBase = settings.runtimeBase } = parent.spec;
  const account = accountOf(parent);
  return {
    ACCOUNT: account,
    BLOB_STORE: settings.blobStore,
    IMAGE_STORE: settings.imageStore,
    TARGET_IMAGE: targetImage,
    RUNTIME_BASE: runtimeBase,
    REPORT: `reports/${account}/${job}.json`,
    WORKERS_FILE: `${planFolder}/${workersFile}`,
  };
}

function podSpec(parent: JobBuilder, job: string, settings: WorkersSettings): PodSpec {
  const credentials = credentialFiles(settings);
  const env = { ...environment(parent, job, settings), ...credentials.env };
  return {
    restartPolicy: "Never",
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: restrictedPod,
    ...pullSecrets(settings),
    containers: [
      {
        name: containerName,
        image: settings.builderImage,
        env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
        resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "1Gi" } },
        securityContext: restrictedContainer,
        volumeMounts: [
          { name: "tmp", mountPath: "/tmp" },
          { name: "plan", mountPath: planFolder, readOnly: true },
          ...credentials.volumeMounts,
        ],
      },
    ],
    volumes: [
      { name: "tmp", emptyDir: {} },
      { name: "plan", configMap: { name: planOf(parent).metadata.name, defaultMode: 0o440 } },
      ...credentials.volumes,
    ],
  };
}
