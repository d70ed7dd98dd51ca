/** A sync request as Metacontroller sends it: an account at rest, with everything that it made. */

import { Namespace } from "../api/builtin.ts";
import { apiVersionOf, type KubernetesObject, type Resource } from "../api/resource.ts";
import { accountLabel, namespaceLabel } from "../api/workers/fields.ts";
import { envPrefix } from "../api/workers/names.ts";
import { WorkerAccount } from "../api/workers/worker-account.ts";
import { WorkerBundle } from "../api/workers/worker-bundle.ts";
import { WorkerDeployment } from "../api/workers/worker-deployment.ts";
import { WorkerRelease } from "../api/workers/worker-release.ts";
import { composites, type Settings } from "../hooks/composites.ts";
import { hookPath as pathOf } from "../hooks/contract/manifest.ts";
import { runSync } from "../hooks/contract/run.ts";

const account = "acme";
const namespace = "default";
const now = "2026-06-01T00:00:00Z";

export const settings: Settings = {
  domain: "localhost",
  urlScheme: "http",
  ingressClassName: "octoplane",
  blobStore: "file:///blobs",
  imageStore: "oci:/images",
  imagePrefix: "octoplane.local",
  builderImage: "octoplane.local/worker-builder",
  runtimeBase: "octoplane.local/worker-runtime",
  drainSeconds: 0,
  settleSeconds: 0,
  workerMemory: "512Mi",
};

function compositeOf(resource: Resource) {
  const found = composites.find(({ parent }) => parent.kind === resource.kind);
  if (found === undefined) throw new Error(`there is no hook for ${resource.kind}`);
  return found;
}

const composite = compositeOf(WorkerAccount);
export const hookPath = pathOf(composite, "sync");

function metadata(name: string) {
  const stored = { uid: name, resourceVersion: "1", generation: 1, creationTimestamp: now };
  return { name, namespace, labels: { [accountLabel]: account }, ...stored };
}

function script(index: number): WorkerDeployment {
  const name = `script-${index}`;
  const digest = index.toString(16).padStart(64, "0");
  const url = `accounts/${account}/scripts/${name}/${digest}`;
  const serving = [{ script: name, version: `version-${index}`, url, digest, envPrefix: envPrefix(name) }];
  const versions = [{ name: `version-${index}`, percentage: 100 }];
  return {
    apiVersion: apiVersionOf(WorkerDeployment),
    kind: "WorkerDeployment",
    metadata: metadata(name),
    spec: { scriptName: name, workersDev: true, deployments: [{ id: `${index}`, createdOn: now, versions }] },
    status: { observedGeneration: 1, serving },
  };
}

function group(resource: Resource, objects: readonly KubernetesObject[]) {
  const key = `${resource.kind}.${apiVersionOf(resource)}`;
  const ofKind = objects.filter(({ kind }) => kind === resource.kind);
  return {
    [key]: Object.fromEntries(
      ofKind.map((object) => [
        resource.namespaced ? `${namespace}/${object.metadata.name}` : object.metadata.name,
        object,
      ]),
    ),
  };
}

function request(parent: KubernetesObject, related: KubernetesObject[], children: KubernetesObject[]) {
  return {
    parent,
    children: { ...group(WorkerRelease, children), ...group(WorkerBundle, children) },
    related: { ...group(WorkerDeployment, related), ...group(Namespace, related), ...group(WorkerAccount, related) },
    finalizing: false,
  };
}

/** The request of the second sync: the answer to the first is stored. */
export function accountRequest(scripts: number) {
  const parent: WorkerAccount = {
    apiVersion: apiVersionOf(WorkerAccount),
    kind: "WorkerAccount",
    metadata: metadata(account),
    spec: {
      workerBundleName: "workers",
      workerReleaseSelector: { matchLabels: { [accountLabel]: account } },
      podTemplate: { imagePullSecret: "" },
    },
  };
  const place: Namespace = {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: namespace, labels: { [namespaceLabel]: "enabled" } },
  };
  const related = [parent, place, ...Array.from({ length: scripts }, (_, index) => script(index))];
  const first = answerTo(request(parent, related, []));
  const stored = first.children.map((child) => ({
    ...child,
    metadata: { ...metadata(child.metadata.name), ...child.metadata },
  }));
  return request({ ...parent, status: first.status } as KubernetesObject, related, stored);
}

export function answerTo(body: unknown) {
  return runSync(composite, body, settings, now);
}
