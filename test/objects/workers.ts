/** Objects of the Workers family for tests: small, valid, and every field can be replaced. */

import { Namespace } from "../../api/builtin.ts";
import { apiVersionOf, type KubernetesObject, type ObjectMeta, type Resource } from "../../api/resource.ts";
import type { Condition } from "../../api/status.ts";
import { subdomainOf } from "../../api/workers/address.ts";
import { accountLabel, namespaceLabel, type ResolvedVersion, subdomainLabel } from "../../api/workers/fields.ts";
import { JobBuilder } from "../../api/workers/job-builder.ts";
import { envPrefix } from "../../api/workers/names.ts";
import type { WorkersSettings } from "../../api/workers/settings.ts";
import { WorkerAccount } from "../../api/workers/worker-account.ts";
import { WorkerBundle } from "../../api/workers/worker-bundle.ts";
import { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { WorkerRelease } from "../../api/workers/worker-release.ts";
import { WorkerSubdomain } from "../../api/workers/worker-subdomain.ts";
import { WorkerVersion } from "../../api/workers/worker-version.ts";

export const now = "2026-03-01T12:00:00Z";
export const namespace = "team";

/** `seconds` after (or, negative, before) `now`. */
export function at(seconds: number): string {
  return `${new Date(Date.parse(now) + seconds * 1000).toISOString().slice(0, 19)}Z`;
}

export const settings: WorkersSettings = {
  domain: "workers.test",
  urlScheme: "https",
  ingressClassName: "octoplane",
  blobStore: "s3://code/prefix",
  imageStore: "registry://images.test/workers",
  imagePrefix: "images.test/workers",
  builderImage: "images.test/builder:1",
  runtimeBase: "images.test/runtime:1",
  drainSeconds: 5,
  settleSeconds: 40,
  workerMemory: "512Mi",
};

/** Names of credentials, as the manifests have them. */
export const credentials = { registrySecret: "docker-hub", s3Secret: "s3-credentials", awsConfig: "aws-config" };

type Stored<T extends KubernetesObject> = Partial<ObjectMeta> & { name: string; status?: StatusOf<T> };
type StatusOf<T> = T extends { status?: infer S } ? S : never;
type SpecOf<T> = T extends { spec: infer S } ? S : never;

/** An object as the API server stores it. */
export function stored<T extends KubernetesObject>(
  resource: Resource<T>,
  { status, ...metadata }: Stored<T>,
  spec: SpecOf<T>,
): T {
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    metadata: {
      namespace,
      uid: `uid-${resource.kind}-${metadata.name}`,
      resourceVersion: "1",
      generation: 1,
      creationTimestamp: at(-3600),
      ...metadata,
    },
    spec,
    ...(status === undefined ? {} : { status }),
  } as unknown as T;
}

export function condition(
  type: string,
  status: Condition["status"],
  reason: string,
  over: Partial<Condition> = {},
): Condition {
  return { type, status, reason, message: `${reason} it is`, lastTransitionTime: at(-60), ...over };
}

export function namespaceObject(name = namespace, labels: Record<string, string> = { [namespaceLabel]: "enabled" }) {
  return { apiVersion: apiVersionOf(Namespace), kind: Namespace.kind, metadata: { name, labels } } as Namespace;
}

export function account(over: Partial<WorkerAccount["spec"]> = {}, metadata: Partial<Stored<WorkerAccount>> = {}) {
  return stored(
    WorkerAccount,
    { name: "acme", ...metadata },
    {
      workerBundleName: "acme-bundle",
      workerReleaseSelector: { matchLabels: { tier: "workers" } },
      podTemplate: { imagePullSecret: "" },
      ...over,
    },
  );
}

/** The claim of an account, as it is stored. */
export function workerSubdomain(
  of: WorkerAccount = account(),
  { since = at(-3600), ...metadata }: Partial<ObjectMeta> & { since?: string } = {},
): WorkerSubdomain {
  const { name, namespace: home = namespace, uid = "" } = of.metadata;
  const subdomain = subdomainOf(of);
  const owner = { apiVersion: of.apiVersion, kind: of.kind, name, uid, controller: true };
  return stored(
    WorkerSubdomain,
    {
      name,
      namespace: home,
      labels: { [accountLabel]: name, [subdomainLabel]: subdomain },
      ownerReferences: [owner],
      ...metadata,
    },
    { account: name, subdomain, since },
  );
}

/** A resolved version of a script; equal `code` is equal code. */
export function resolved(script: string, version: string, over: Partial<ResolvedVersion> = {}): ResolvedVersion {
  const digest = `digest-of-${version}`;
  return {
    script,
    version,
    url: `accounts/acme/scripts/${script}/${digest}`,
    digest,
    envPrefix: envPrefix(script),
    owner: `uid-of-${script}`,
    ...over,
  };
}

/** The WorkerDeployment of a script whose head is resolved to `version`; none without one. */
export function workerDeployment(
  script: string,
  version: string | ResolvedVersion | undefined,
  metadata: Partial<Stored<WorkerDeployment>> = {},
  over: Partial<WorkerDeployment["spec"]> = {},
): WorkerDeployment {
  const head = typeof version === "string" ? resolved(script, version) : version;
  return stored(
    WorkerDeployment,
    {
      name: `acme.${script}`.toLowerCase().replaceAll("_", "-"),
      labels: { [accountLabel]: "acme" },
      ...(head === undefined ? {} : { status: { serving: [head] } }),
      ...metadata,
    },
    { scriptName: script, ...over },
  );
}

export function workerVersion(name: string, over: Partial<WorkerVersion["spec"]> = {}): WorkerVersion {
  return stored(
    WorkerVersion,
    { name, labels: { [accountLabel]: "acme", "controller-uid": "uid-of-the-parent" } },
    { accounts: "acme", scripts: "api", url: `accounts/acme/scripts/api/digest-of-${name}`, ...over },
  );
}

/** A JobBuilder of workers `a` and `b`. */
export function jobBuilder(
  over: Partial<JobBuilder["spec"]> = {},
  metadata: Partial<Stored<JobBuilder>> = {},
): JobBuilder {
  const workers = [resolved("a", "a1"), resolved("b", "b1")];
  return stored(
    JobBuilder,
    { name: "acme-1", ...metadata },
    {
      accounts: "acme",
      scriptNames: workers.map(({ script }) => script),
      scriptUrls: workers.map(({ url }) => url ?? ""),
      workers,
      runtimeBase: settings.runtimeBase,
      targetImage: "images.test/workers/acme:1",
      workerBundleName: "acme-bundle",
      ...over,
    },
  );
}

export function workerRelease(
  name: string,
  over: Partial<WorkerRelease["spec"]> = {},
  metadata: Partial<Stored<WorkerRelease>> = {},
): WorkerRelease {
  return stored(WorkerRelease, { name, ...metadata }, { accounts: "acme", workerVersions: {}, ...over });
}

/** A bundle that serves scripts `a` and `b`. */
export function workerBundle(
  over: Partial<WorkerBundle["spec"]> = {},
  metadata: Partial<Stored<WorkerBundle>> = {},
): WorkerBundle {
  return stored(
    WorkerBundle,
    { name: "acme-bundle", ...metadata },
    {
      deploymentName: "acme-bundle",
      release: "acme-r1",
      workers: [
        { workerName: "a", workerNumber: 8080, envPrefix: "A_", version: "a1", host: "a.acme.workers.test" },
        { workerName: "b", workerNumber: 8081, envPrefix: "B_", version: "b1", host: "b.acme.workers.test" },
      ],
      podTemplate: { image: "images.test/workers/acme:1" },
      ...over,
    },
  );
}
