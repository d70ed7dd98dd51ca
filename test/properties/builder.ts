/** The builder: what becomes of a build Job. */

import { ConfigMap, Job } from "../../api/builtin.ts";
import { workerFaultCode } from "../../api/workers/build-failures.ts";
import { workersFile } from "../../hooks/workers/job-builder.plan.ts";
import { keyOf, time, writeStatus } from "./cluster.ts";
import { codeOf, objectsOf, type Platform } from "./platform.ts";

function isFinished({ status }: Job): boolean {
  return status?.conditions !== undefined;
}

function finish(platform: Platform, job: Job, condition: Record<string, string>): void {
  const lastTransitionTime = time(platform.cluster);
  writeStatus(platform.cluster, keyOf(job as never), {
    conditions: [{ status: "True", lastTransitionTime, ...condition }],
  });
}

function failed(code: number): Record<string, string> {
  const message = `Container builder for pod team/x failed with exit code ${code} matching FailJob rule at index 1`;
  return { type: "Failed", reason: "PodFailurePolicy", message };
}

interface PlannedWorker {
  script: string;
  digest?: string;
  scriptsUrls?: string[];
}

/** What the Job's pod finds in the ConfigMap that it mounts; undefined while there is none: then it waits. */
function planOf(platform: Platform, job: Job): PlannedWorker[] | undefined {
  const volumes = job.spec?.template.spec?.volumes ?? [];
  const names = volumes.map(({ configMap }) => configMap?.name);
  const map = objectsOf(platform, ConfigMap).find(({ metadata }) => names.includes(metadata.name));
  return map === undefined ? undefined : JSON.parse(map.data?.[workersFile] ?? "");
}

export function build(platform: Platform, job: Job, isHealthy: boolean): void {
  const workers = planOf(platform, job);
  if (workers !== undefined) finish(platform, job, isHealthy ? outcome(platform, job, workers) : failed(12));
}

function outcome(platform: Platform, job: Job, workers: readonly PlannedWorker[]): Record<string, string> {
  const guilty = workers.findIndex((worker) => platform.bad.has(codeOf(worker)));
  if (guilty >= 0) return failed(workerFaultCode(guilty));

  const env = job.spec?.template.spec?.containers[0]?.env ?? [];
  const image = env.find(({ name }) => name === "TARGET_IMAGE")?.value ?? "";
  platform.images.set(image, Object.fromEntries(workers.map((worker) => [worker.script, codeOf(worker)])));
  if (platform.known.has(image)) platform.repeated.push(image);
  return { type: "Complete" };
}

export function waitingJobs(platform: Platform): Job[] {
  return objectsOf(platform, Job).filter((job) => !isFinished(job));
}
