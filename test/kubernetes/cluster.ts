/** Test support: an API server that holds what controllers and kubelets of a real cluster have written. */

import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { Event, Pod } from "../../api/builtin.ts";
import type { KubernetesObject, ObjectMeta } from "../../api/resource.ts";
import { connect, type KubernetesClient } from "../../kubernetes/client.ts";
import type { ApiObject } from "../../local/apiserver/object.ts";
import { startApiServer } from "../../local/apiserver/start.ts";
import { openStore } from "../../local/apiserver/store.ts";

export const namespace = "team";
const image = "registry.example:5000/acme:4f1d2c";

/** The embedded server refuses Pods and ReplicaSets, so that they are put where it keeps its objects. */
export async function clusterWith(objects: readonly KubernetesObject[]): Promise<KubernetesClient> {
  const folder = await mkdtemp(join(tmpdir(), "octoplane-diagnosis-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const dataFile = join(folder, "data.sqlite");
  const store = openStore(dataFile);
  for (const object of objects) {
    const { name } = object.metadata;
    store.put({ resource: storedAs[object.kind] ?? "", namespace, name }, object as ApiObject);
  }
  store.close();
  const server = await startApiServer({ dataFile });
  onTestFinished(() => server.close());
  return connect({ url: server.url, token: server.token });
}

const storedAs: Record<string, string> = {
  [Pod.kind]: Pod.plural,
  [Event.kind]: Event.plural,
  Job: "jobs.batch",
  Deployment: "deployments.apps",
  ReplicaSet: "replicasets.apps",
  StatefulSet: "statefulsets.apps",
};

/** Minutes after noon. */
export function at(minute: number): string {
  return `2026-11-21T12:${String(minute).padStart(2, "0")}:00Z`;
}

function metadata(name: string, owner?: KubernetesObject, more: Partial<ObjectMeta> = {}): ObjectMeta {
  const reference = owner && [{ ...owner, name: owner.metadata.name, uid: owner.metadata.uid ?? "", controller: true }];
  return {
    name,
    namespace,
    uid: randomUUID(),
    creationTimestamp: at(0),
    ...(reference && {
      ownerReferences: reference.map(({ apiVersion, kind, ...rest }) => ({ ...rest, apiVersion, kind })),
    }),
    ...more,
  };
}

export function job(name: string, status: object = {}) {
  const meta = metadata(name);
  const labels = { "batch.kubernetes.io/controller-uid": meta.uid ?? "" };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: meta,
    spec: { parallelism: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: {} } },
    status,
    podLabels: labels,
  };
}

export function deployment(name: string, status: object = {}) {
  const podLabels = { app: name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: metadata(name),
    spec: {
      replicas: 1,
      selector: { matchLabels: podLabels },
      template: { metadata: { labels: podLabels }, spec: {} },
    },
    status,
    podLabels,
  };
}

type Deployment = ReturnType<typeof deployment>;

export function statefulSet(name: string, status: object = {}) {
  return { ...deployment(name, status), kind: "StatefulSet" };
}

export function replicaSet(owner: Deployment, hash: string, revision: number, status: object = {}) {
  const annotations = { "deployment.kubernetes.io/revision": String(revision) };
  const labels = { ...owner.podLabels, "pod-template-hash": hash };
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: metadata(`${owner.metadata.name}-${hash}`, owner, { labels, annotations }),
    spec: { replicas: 1, selector: { matchLabels: labels } },
    status: { replicas: 0, ...status },
    podLabels: labels,
  };
}

type Owner = KubernetesObject & { podLabels: Record<string, string> };

export interface PodState {
  conditions?: object[];
  /** Of its one container. */
  container?: object;
  status?: object;
  created?: string;
  deleted?: string;
}

export const scheduled = { type: "PodScheduled", status: "True" };
export const ready = { type: "Ready", status: "True" };

export function pod(owner: Owner, suffix: string, state: PodState = {}) {
  const { conditions = [scheduled], container, status = {}, created = at(0), deleted } = state;
  const one = {
    name: "main",
    image,
    imageID: "",
    ready: false,
    restartCount: 0,
    state: {},
    lastState: {},
    ...container,
  };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: metadata(`${owner.metadata.name}-${suffix}`, owner, {
      labels: owner.podLabels,
      creationTimestamp: created,
      ...(deleted && { deletionTimestamp: deleted }),
    }),
    spec: { containers: [{ name: "main", image, resources: { limits: { memory: "128Mi" } } }] },
    status: { phase: "Pending", conditions, ...(container && { containerStatuses: [one] }), ...status },
  };
}

export function waiting(reason: string, message?: string) {
  return { state: { waiting: { reason, ...(message && { message }) } } };
}

let events = 0;

/** A warning as client-go's recorder writes it; `more` makes it another one. */
export function event(about: KubernetesObject, reason: string, message: string, more: object = {}) {
  const { apiVersion, kind } = about;
  const { name, uid } = about.metadata;
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: metadata(`${name}.${(++events).toString(16)}`),
    involvedObject: { apiVersion, kind, namespace, name, uid },
    ...{ type: "Warning", reason, message, count: 1, firstTimestamp: at(0), lastTimestamp: at(1) },
    source: { component: "kubelet", host: "node-1" },
    ...more,
  };
}
