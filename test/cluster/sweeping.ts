/** Sweeps now, as an administrator does who does not wait for the CronJob, and what is left in the stores. */

import { randomBytes } from "node:crypto";
import { CronJob, Job } from "../../api/builtin.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { type Digest, type ImageStore, openImageStore } from "../../stores/image.ts";
import type { World } from "../e2e/harness/world.ts";
import { waitFor } from "./harness/wait.ts";
import type { InstalledPlatform } from "./installed.ts";
import { kubectl } from "./kubectl.ts";
import { system as namespace } from "./platform.ts";

/** Changes the Job of a sweep before it is made. */
export type Change = (job: Job) => void;

/**
 * Resolves when a sweep has ended well. What is younger than the grace period is left alone: it may be about to be
 * referred to.
 */
export async function sweep(client: KubernetesClient, graceSeconds: number, change: Change = () => undefined) {
  const job = await sweepJob(client, graceSeconds);
  change(job);
  const { metadata } = await client.create(Job, job);
  try {
    const ended = () => client.get(Job, metadata).then((stored) => stored?.status?.conditions?.find(hasEnded));
    const { type } = await waitFor(ended, { what: "a sweep", timeoutMs: 120_000, everyMs: 250 });
    if (type === "Failed")
      throw new Error(`a sweep failed: ${await kubectl(["logs", `job/${job.metadata.name}`, "-n", namespace])}`);
  } finally {
    await client.delete(Job, metadata, { propagationPolicy: "Background", ignoreNotFound: true });
  }
}

function hasEnded({ type, status }: { type: string; status: string }): boolean {
  return ["Complete", "Failed"].includes(type) && status === "True";
}

async function sweepJob(client: KubernetesClient, graceSeconds: number): Promise<Job> {
  const cronJob = await client.get(CronJob, { namespace, name: "octoplane-sweeper" });
  const spec = structuredClone(cronJob?.spec?.jobTemplate.spec);
  if (spec === undefined) throw new Error("there is no CronJob octoplane-sweeper");
  for (const container of spec.template.spec?.containers ?? []) {
    container.env = [...(container.env ?? []), { name: "GRACE_SECONDS", value: String(graceSeconds) }];
  }
  const name = `sweep-${randomBytes(4).toString("hex")}`;
  return { apiVersion: "batch/v1", kind: "Job", metadata: { name, namespace }, spec };
}

export function imagesOf(
  { account }: World,
  { accountsRegistry, registryUser }: InstalledPlatform,
): Promise<ImageStore> {
  const dockerConfig = JSON.stringify({ auths: { [accountsRegistry]: registryUser } });
  return openImageStore(`registry://${accountsRegistry}/workers?plainHttp=true`, account.id, { dockerConfig });
}

/** Digests of the manifests behind the account's tags. */
export async function manifestsOf(images: ImageStore): Promise<Digest[]> {
  const manifests = await Promise.all((await images.tags()).map((tag) => images.getManifest(tag)));
  return manifests.flatMap((manifest) => (manifest === undefined ? [] : [manifest.digest]));
}

/** Keys of blobs, tags, and digests out of `manifests`: everything of the account that is still stored. */
export async function leftOf({ account, blobs }: World, images: ImageStore, manifests: readonly Digest[]) {
  const left: string[] = [];
  for (const folder of ["accounts", "layers", "reports"]) {
    for await (const { key } of blobs.list(`${folder}/${account.id}/`)) left.push(key);
  }
  left.push(...(await images.tags()));
  for (const digest of manifests) if ((await images.getManifest(digest)) !== undefined) left.push(digest);
  return left;
}
