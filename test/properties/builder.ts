/** The builder: what becomes of a build Job. */

import { Job } from "../../api/builtin.ts";
import { workerFaultCode } from "../../api/workers/build-failures.ts";
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

export function build(platform: Platform, job: Job, isHealthy: boolean): void {
  finish(platform, job, isHealthy ? outcome(platform, job) : failed(12));
}

function outcome(platform: Platform, job: Job): Record<string, string> {
  const env = job.spec?.template.spec?.containers[0]?.env ?? [];
  const read = (wanted: string) => env.find(({ name }) => name === wanted)?.value ?? "";
  const workers = JSON.parse(read("WORKERS")) as { script: string; digest?: string; scriptsUrls?: string[] }[];
  const guilty = workers.findIndex((worker) => platform.bad.has(codeOf(worker)));
  if (guilty >= 0) return failed(workerFaultCode(guilty));

  const image = read("TARGET_IMAGE");
  platform.images.set(image, Object.fromEntries(workers.map((worker) => [worker.script, codeOf(worker)])));
  if (platform.known.has(image)) platform.repeated.push(image);
  return { type: "Complete" };
}

export function waitingJobs(platform: Platform): Job[] {
  return objectsOf(platform, Job).filter((job) => !isFinished(job));
}
