/** Test support: resources as small as their kinds allow. */

import type { Deployment, Job } from "../../api/builtin.ts";
import type { JobBuilder } from "../../api/workers/job-builder.ts";
import type { WorkerBundle } from "../../api/workers/worker-bundle.ts";
import type { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import type { WorkerRelease } from "../../api/workers/worker-release.ts";
import type { WorkerVersion } from "../../api/workers/worker-version.ts";
import type { Resources } from "./resources.ts";

export const account = "acme";
export const namespace = "team-a";
const group = "api.cf-worker/v1";
const accounts = { accounts: account };

export const nothing: Resources = {
  versions: [],
  scripts: [],
  releases: [],
  builders: [],
  bundles: [],
  jobs: [],
  deployments: [],
};

export function metadata(name: string) {
  return { name, namespace, labels: accounts };
}

/** Hex digest number n. */
export function digest(n: number): string {
  return n.toString(16).padStart(64, "0");
}

export function codeFolder(n: number): string {
  return `accounts/${account}/scripts/hello/${digest(n)}`;
}

export function version(name: string, spec: Partial<WorkerVersion["spec"]> = {}): WorkerVersion {
  const whole = { ...accounts, scripts: "hello", url: `accounts/${account}/`, ...spec };
  return { apiVersion: group, kind: "WorkerVersion", metadata: metadata(name), spec: whole };
}

export function script(name: string, spec: WorkerDeployment["spec"], status = {}): WorkerDeployment {
  return { apiVersion: group, kind: "WorkerDeployment", metadata: metadata(name), spec, status };
}

export function release(name: string, spec: Partial<WorkerRelease["spec"]>): WorkerRelease {
  const whole = { ...accounts, workerVersions: {}, ...spec };
  return { apiVersion: group, kind: "WorkerRelease", metadata: metadata(name), spec: whole };
}

export function builder(name: string, spec: Partial<JobBuilder["spec"]>, status = {}): JobBuilder {
  const whole = { ...accounts, scriptUrls: [], scriptNames: [], targetImage: "", workerBundleName: "b", ...spec };
  return { apiVersion: group, kind: "JobBuilder", metadata: metadata(name), spec: whole, status };
}

export function bundle(name: string, spec: Partial<WorkerBundle["spec"]>): WorkerBundle {
  const whole = { deploymentName: name, podTemplate: {}, ...spec };
  return { apiVersion: group, kind: "WorkerBundle", metadata: metadata(name), spec: whole };
}

export function job(name: string, env: Record<string, string>): Job {
  const variables = Object.entries(env).map(([key, value]) => ({ name: key, value }));
  const spec = { template: { spec: { containers: [{ name: "builder", env: variables }] } } };
  return { apiVersion: "batch/v1", kind: "Job", metadata: metadata(name), spec };
}

export function deployment(name: string, image: string, secret: string): Deployment {
  const container = { name: "workerd", image, envFrom: [{ secretRef: { name: secret } }] };
  const template = { metadata: { labels: { app: name } }, spec: { containers: [container] } };
  const spec = { selector: { matchLabels: { app: name } }, template };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata: metadata(name), spec };
}
