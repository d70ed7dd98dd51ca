/** Everything that may need an item: the resources, as one look at the Kubernetes API finds them. */

import { Deployment, Job } from "../../api/builtin.ts";
import type { KubernetesObject, Resource } from "../../api/resource.ts";
import { JobBuilder } from "../../api/workers/job-builder.ts";
import { WorkerAccount } from "../../api/workers/worker-account.ts";
import { WorkerBundle } from "../../api/workers/worker-bundle.ts";
import { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { WorkerRelease } from "../../api/workers/worker-release.ts";
import { WorkerVersion } from "../../api/workers/worker-version.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";

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
 * @throws KubernetesError when any of the lists cannot be had: then nothing is known.
 */
export async function listResources(client: KubernetesClient): Promise<Resources> {
  const all = async <T extends KubernetesObject>(resource: Resource<T>) => (await client.list(resource)).items;
  const scripts = await all(WorkerDeployment);
  const versions = await all(WorkerVersion);
  const releases = await all(WorkerRelease);
  const builders = await all(JobBuilder);
  const jobs = await all(Job);
  const bundles = await all(WorkerBundle);
  const deployments = await all(Deployment);
  return { versions, scripts, releases, builders, bundles, jobs, deployments };
}

export async function listAccounts(client: KubernetesClient): Promise<string[]> {
  return (await client.list(WorkerAccount)).items.map(({ metadata }) => metadata.name);
}
