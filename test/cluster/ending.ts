/** An account that serves, and what is there of it: for tests of its end. */

import { expect, inject } from "vitest";
import { Deployment, Ingress, Job, Namespace, NetworkPolicy, Pod, Secret, Service } from "../../api/builtin.ts";
import type { KubernetesObject, Resource } from "../../api/resource.ts";
import { JobBuilder } from "../../api/workers/job-builder.ts";
import { WorkerAccount } from "../../api/workers/worker-account.ts";
import { WorkerBundle } from "../../api/workers/worker-bundle.ts";
import { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { WorkerRelease } from "../../api/workers/worker-release.ts";
import { WorkerSubdomain } from "../../api/workers/worker-subdomain.ts";
import { WorkerVersion } from "../../api/workers/worker-version.ts";
import type { DeleteOptions } from "../../kubernetes/client.ts";
import type { Digest, ImageStore } from "../../stores/image.ts";
import type { Project } from "../e2e/harness/project.ts";
import { startWorld, type World } from "../e2e/harness/world.ts";
import { waitFor } from "./harness/wait.ts";
import type { InstalledPlatform } from "./installed.ts";
import { imagesOf, leftOf, manifestsOf } from "./sweeping.ts";

export interface Account {
  world: World;
  project: Project;
  images: ImageStore;
  /** Manifests of what it has built. */
  manifests: Digest[];
}

/** Everything that the platform makes for an account. */
const made: readonly Resource[] = [
  WorkerAccount,
  WorkerSubdomain,
  WorkerDeployment,
  WorkerVersion,
  WorkerRelease,
  WorkerBundle,
  JobBuilder,
  Job,
  Deployment,
  Pod,
  Service,
  Ingress,
  NetworkPolicy,
];

const longestEndMs = 120_000;

export function files(text: string): Record<string, string> {
  return {
    "wrangler.jsonc": JSON.stringify({ name: "mortal", main: "index.js", compatibility_date: "2026-01-01" }),
    "index.js": `export default { fetch() { return new Response("${text}"); } };`,
  };
}

/** One with a script that serves, a secret, and a second version: everything that an account leaves somewhere. */
export async function livingAccount(): Promise<Account> {
  const world = await startWorld();
  const project = world.project(files("alive"));
  for (const [args, input] of [[["deploy"]], [["secret", "put", "KEY"], "value"]] as const) {
    const outcome = await project.wrangler(args, input);
    expect(outcome, outcome.text).toMatchObject({ code: 0 });
  }
  const images = await imagesOf(world, inject("cluster") as InstalledPlatform);
  const manifests = await manifestsOf(images);
  expect(manifests).not.toEqual([]);
  return { world, project, images, manifests };
}

export function deleteAccount({ world }: Account, options: DeleteOptions = {}): Promise<void> {
  const { client, namespace, account } = world;
  return client.delete(WorkerAccount, { namespace, name: account.id }, options);
}

export function deleteNamespace({ world }: Account): Promise<void> {
  return world.client.delete(Namespace, { name: world.namespace });
}

/** Objects of the platform in the account's namespace, as `KIND/NAME`. */
async function remains({ world }: Account): Promise<string[]> {
  const lists = await Promise.all(made.map((resource) => world.list(resource)));
  const secrets = (await world.list(Secret)).filter(({ metadata }) => metadata.ownerReferences !== undefined);
  return [...lists.flat(), ...secrets].map(({ kind, metadata }) => `${kind}/${metadata.name}`);
}

/** Objects that could hold up a deletion. */
export async function finalized({ world }: Account): Promise<KubernetesObject[]> {
  const lists = await Promise.all(made.filter((resource) => resource !== Pod).map((resource) => world.list(resource)));
  return (lists.flat() as KubernetesObject[]).filter(({ metadata }) => metadata.finalizers !== undefined);
}

/** Resolves when nothing that the platform made is left in the namespace. */
export async function accountGone(account: Account): Promise<void> {
  let left: string[] = [];
  const isGone = async () => {
    left = await remains(account);
    return left.length === 0;
  };
  await waitFor(isGone, { what: "the account's end", timeoutMs: longestEndMs, everyMs: 500 }).catch((error: Error) => {
    throw new Error(`${error.message}; left: ${left.join(", ")}`);
  });
}

export async function namespaceGone({ world }: Account): Promise<void> {
  const find = () => world.client.get(Namespace, { name: world.namespace });
  const isGone = async () => (await find()) === undefined;
  await waitFor(isGone, { what: "the namespace's end", timeoutMs: longestEndMs, everyMs: 500 }).catch(async (error) => {
    throw new Error(`${error.message}: ${JSON.stringify((await find())?.status)}`);
  });
}

/** What is still stored of the accounts. */
export async function stored(accounts: readonly Account[]): Promise<string[]> {
  const left = accounts.map(({ world, images, manifests }) => leftOf(world, images, manifests));
  return (await Promise.all(left)).flat();
}
