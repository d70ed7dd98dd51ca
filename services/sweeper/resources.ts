/** Everything that may need an item: the resources, as one look at the Kubernetes API finds them. */

import { Deployment, Job } from "../../api/builtin.ts";
import { JobBuilder } from "../../api/workers/job-builder.ts";
import { WorkerAccount } from "../../api/workers/worker-account.ts";
import { WorkerBundle } from "../../api/workers/worker-bundle.ts";
import { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { WorkerRelease } from "../../api/workers/worker-release.ts";
import { WorkerVersion } from "../../api/workers/worker-version.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { wholeList } from "./list.ts";

export interface Resources {
  versions: WorkerVersion[];
  scripts: WorkerDeployment[];
  releases: WorkerRelease[];
  builders: JobBuilder[];
  bundles: WorkerBundle[];
  jobs: Job[];
  deployments: Deployment[];
}

/**
 * The lists follow the flow of a deploy, one after the other, so that a need which moves on meanwhile (from a version to
 * a release, from a bundle to a Deployment) is seen at least once.
 *
 * @throws Error when any of the lists cannot be had as a whole: then nothing is known.
 */
export async function listResources(client: KubernetesClient): Promise<Resources> {
  const scripts = await wholeList(client, WorkerDeployment);
  const versions = await wholeList(client, WorkerVersion);
  const releases = await wholeList(client, WorkerRelease);
  const builders = await wholeList(client, JobBuilder);
  const jobs = await wholeList(client, Job);
  const bundles = await wholeList(client, WorkerBundle);
  const deployments = await wholeList(client, Deployment);
  return { versions, scripts, releases, builders, bundles, jobs, deployments };
}

export async function listAccounts(client: KubernetesClient): Promise<string[]> {
  return (await wholeList(client, WorkerAccount)).map(({ metadata }) => metadata.name);
}
