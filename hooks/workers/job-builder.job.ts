/** The Job of one build attempt. */

import { Job } from "../../api/builtin.ts";
import { infrastructureCodes, workerFaultCodes } from "../../api/workers/build-failures.ts";
import { accountLabel, type ResolvedVersion } from "../../api/workers/fields.ts";
import type { JobBuilder } from "../../api/workers/job-builder.ts";
import { envPrefix } from "../../api/workers/names.ts";
import type { WorkersSettings } from "../../api/workers/settings.ts";
import { childName, contentHash } from "../contract/names.ts";
import { childOf } from "../kube/object.ts";
import { restrictedContainer, restrictedPod } from "../kube/pod.ts";
import { credentialFiles, pullSecrets } from "./credentials.ts";

export const attemptLabel = "octoplane.io/attempt";
export const inputsLabel = "octoplane.io/inputs";
const containerName = "builder";
const deadlineSeconds = 600;

/** The workers in detail; a JobBuilder written by hand may give only names and prefixes. */
export function workersOf({ spec }: JobBuilder): ResolvedVersion[] {
  if (spec.workers !== undefined) return spec.workers;
  return spec.scriptNames.map((script, index) => {
    const url = spec.scriptUrls[index] ?? "";
    return { script, version: url, url, envPrefix: envPrefix(script) };
  });
}

/** What the image depends on, as the builder reads it. */
function plan(parent: JobBuilder) {
  return workersOf(parent).map(({ script, url, digest, compatibilityDate, scriptsUrls, secretNames, envPrefix }) => ({
    script,
    url,
    digest,
    compatibilityDate,
    scriptsUrls,
    secretNames,
    envPrefix,
  }));
}

export function inputsHash(parent: JobBuilder): string {
  const { targetImage, runtimeBase } = parent.spec;
  return contentHash({ plan: plan(parent), targetImage, runtimeBase });
}

export function attemptOf(job: Job): number {
  return Number(job.metadata.labels?.[attemptLabel] ?? 1);
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
  const { spec, metadata } = parent;
  const inputs = inputsHash(parent);
  const account = spec.accounts ?? spec.workerBundleName;
  const name = childName([metadata.name, inputs.slice(0, 6), String(attempt)]);
  const labels = { [accountLabel]: account, [inputsLabel]: inputs, [attemptLabel]: String(attempt) };
  const credentials = credentialFiles(settings);
  const environment = {
    ...credentials.env,
    ACCOUNT: account,
    BLOB_STORE: settings.blobStore,
    IMAGE_STORE: settings.imageStore,
    TARGET_IMAGE: spec.targetImage,
    RUNTIME_BASE: spec.runtimeBase ?? settings.runtimeBase,
    REPORT: `reports/${account}/${name}.json`,
    WORKERS: JSON.stringify(plan(parent)),
  };

  return childOf(
    parent,
    Job,
    { name, labels },
    {
      spec: {
        backoffLimit: 3,
        activeDeadlineSeconds: deadlineSeconds,
        podFailurePolicy: failurePolicy,
        template: {
          metadata: { labels },
          spec: {
            restartPolicy: "Never",
            automountServiceAccountToken: false,
            securityContext: restrictedPod,
            ...pullSecrets(settings),
            containers: [
              {
                name: containerName,
                image: settings.builderImage,
                env: Object.entries(environment).map(([key, value]) => ({ name: key, value })),
                resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "1Gi" } },
                securityContext: restrictedContainer,
                volumeMounts: [{ name: "tmp", mountPath: "/tmp" }, ...credentials.volumeMounts],
              },
            ],
            volumes: [{ name: "tmp", emptyDir: {} }, ...credentials.volumes],
          },
        },
      },
    },
  );
}
