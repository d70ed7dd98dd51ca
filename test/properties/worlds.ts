/** Worlds around one parent: what its hook may want to see, and what the controllers of its children may do. */

import fc from "fast-check";
import { Namespace } from "../../api/builtin.ts";
import { workerFaultCode } from "../../api/workers/build-failures.ts";
import { WorkerAccount } from "../../api/workers/worker-account.ts";
import { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { WorkerRelease } from "../../api/workers/worker-release.ts";
import { WorkerSubdomain } from "../../api/workers/worker-subdomain.ts";
import { WorkerVersion } from "../../api/workers/worker-version.ts";
import { type AnyComposite, composites } from "../../hooks/composites.ts";
import type { AnyObject, JsonRecord } from "../../local/driver/json.ts";
import { account, namespaceObject, workerSubdomain } from "../objects/workers.ts";
import { objectFor, statusOf } from "./arbitrary.ts";
import { all, type Cluster, create, keyOf, newCluster, writeStatus } from "./cluster.ts";
import { addFarm, farmStatus, isFarm, statefulSetStatus } from "./farms.ts";
import { type Draw, draw, specFor } from "./specs.ts";

const statuses = new Map(composites.map(({ parent }) => [parent.kind, statusOf(parent)]));

const scripts = ["a", "b", "a-b", "a_b", "A"];

/** WorkerDeployments that want something, of few names so that they collide. */
function addDeployments(g: Draw, cluster: Cluster): void {
  const names = draw(g, fc.uniqueArray(fc.constantFrom("d1", "d2", "d3", "d4"), { maxLength: 4 }));
  for (const name of names) {
    cluster.now += draw(g, fc.constantFrom(0, 1000));
    const spec = {
      ...specFor(g, WorkerDeployment),
      template: undefined,
      scriptName: draw(g, fc.constantFrom(...scripts)),
    };
    const { template: _, ...own } = spec;
    const object = create(cluster, objectFor(WorkerDeployment as never, name, own, { accounts: "acme" }));
    if (object === undefined || draw(g, fc.boolean())) continue;
    const version = draw(g, fc.constantFrom("v1", "v2"));
    const digest = draw(g, fc.constantFrom("x", "y"));
    const { scriptName: script } = own;
    const serving = { script, version, digest, url: `accounts/acme/${digest}`, envPrefix: `${script.toUpperCase()}_` };
    writeStatus(cluster, keyOf(object), { serving: [serving] });
  }
}

/** A world with one parent of the kind and what its hook may want to see. */
export function worldWith(g: Draw, composite: AnyComposite): { cluster: Cluster; key: string } {
  if (isFarm(composite.parent)) return addFarm(g, composite.parent);
  const cluster = newCluster();
  const { namespace: _, ...metadata } = namespaceObject().metadata;
  const labels = draw(
    g,
    fc.oneof({ weight: 4, arbitrary: fc.constant(metadata.labels ?? {}) }, { weight: 1, arbitrary: fc.constant({}) }),
  );
  create(cluster, { apiVersion: "v1", kind: Namespace.kind, metadata: { ...metadata, labels } });
  if (draw(g, fc.boolean()))
    create(cluster, { apiVersion: "v1", kind: "Secret", metadata: { name: "s", namespace: "team" } });
  if (draw(g, fc.integer({ min: 0, max: 4 })) === 0) {
    const { metadata, spec } = workerSubdomain(account({ subdomain: "acme" }, { name: "rival" }));
    const { labels = {}, ownerReferences = [] } = metadata;
    const claim = objectFor(WorkerSubdomain as never, metadata.name, spec, labels);
    create(cluster, { ...claim, metadata: { ...claim.metadata, ownerReferences } });
    cluster.now += 1000;
  }
  const labelled = draw(g, fc.integer({ min: 0, max: 5 })) === 0 ? {} : { accounts: "acme" };
  const object = objectFor(composite.parent, "acme", specFor(g, composite.parent), labelled);
  const parent = create(cluster, object);
  if (composite.parent.kind === WorkerAccount.kind) addDeployments(g, cluster);
  if (composite.parent.kind === WorkerDeployment.kind && parent !== undefined) addVersions(g, cluster, parent);
  return { cluster, key: keyOf(object) };
}

function addVersions(g: Draw, cluster: Cluster, parent: AnyObject): void {
  const { uid = "", name } = parent.metadata;
  const owner = { apiVersion: parent.apiVersion, kind: parent.kind, name, uid, controller: true };
  const deployments = (parent.spec as { deployments?: { versions: { name: string }[] }[] }).deployments ?? [];
  const named = deployments.map(({ versions }) => `v${versions[0]?.name.length ?? 0}`);
  for (const version of new Set(["v0", ...named])) {
    const spec = { ...specFor(g, WorkerVersion), accounts: "acme" };
    const object = objectFor(WorkerVersion as never, version, spec, { "controller-uid": uid });
    create(cluster, { ...object, metadata: { ...object.metadata, ownerReferences: [owner] } });
  }
}

const someTimes = fc.constantFrom("2026-03-01T11:00:00Z", "2026-03-01T11:59:55Z", "2026-03-01T12:00:00Z");

function jobStatus(g: Draw): JsonRecord {
  const type = draw(g, fc.constantFrom("Complete", "Failed", "Failed", undefined));
  if (type === undefined) {
    return draw(g, fc.constantFrom({}, { active: 1, ready: 1 }, { active: 1, ready: 0 }, { ready: 0, failed: 1 }));
  }
  const code = draw(g, fc.constantFrom(12, workerFaultCode(0), workerFaultCode(1), 137, undefined));
  const message = code === undefined ? "deadline" : `Container builder failed with exit code ${code} matching`;
  return { conditions: [{ type, status: "True", message, lastTransitionTime: draw(g, someTimes) }] };
}

function deploymentStatus(g: Draw, { metadata, spec }: AnyObject): JsonRecord {
  const replicas = (spec as { replicas?: number }).replicas ?? 1;
  const count = draw(g, fc.constantFrom(replicas, replicas, replicas + 1));
  const ready = draw(g, fc.constantFrom(replicas, replicas, 0));
  const quota = { type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: "exceeded quota" };
  return {
    observedGeneration: draw(g, fc.constantFrom(metadata.generation, metadata.generation, 1)),
    replicas: count,
    updatedReplicas: count,
    readyReplicas: ready,
    availableReplicas: ready,
    ...draw(g, fc.constantFrom<JsonRecord>({}, { terminatingReplicas: 0 }, { terminatingReplicas: 1 })),
    conditions: [
      { type: "Progressing", status: draw(g, fc.constantFrom("True", "False")), lastUpdateTime: draw(g, someTimes) },
      ...draw(g, fc.constantFrom([], [], [quota])),
    ],
  };
}

/** What a driven child says: something that fits it, or anything that its schema allows. */
function customStatus(g: Draw, child: AnyObject): JsonRecord {
  const { metadata, kind, spec } = child;
  const plausible: JsonRecord = { observedGeneration: metadata.generation };
  if (kind === WorkerRelease.kind) {
    const workers = (spec as { workers?: { script: string; version: string }[] }).workers ?? [];
    const guilty = draw(g, fc.constantFrom(undefined, ...workers));
    if (guilty === undefined) return { ...plausible, image: (spec as { targetImage?: string }).targetImage ?? "x" };
    return { ...plausible, failedWorker: { script: guilty.script, version: guilty.version } };
  }
  const any = draw(g, statuses.get(kind) ?? fc.constant({}));
  return draw(g, fc.boolean()) ? any : { ...any, ...plausible };
}

/** What the controller of an object may say of it; undefined for what has no status. */
function statusFor(g: Draw, object: AnyObject): JsonRecord | undefined {
  if (object.kind === "Job") return jobStatus(g);
  if (object.kind === "StatefulSet") return statefulSetStatus(g, object);
  if (object.kind === "Deployment") return deploymentStatus(g, object);
  return statuses.has(object.kind) ? customStatus(g, object) : undefined;
}

/** Everybody else acts: the controllers of the children. */
export function evolve(g: Draw, cluster: Cluster, { kind }: AnyObject): void {
  for (const object of all(cluster).filter((object) => isFarm(object) && draw(g, fc.boolean()))) {
    writeStatus(cluster, keyOf(object), farmStatus(g, cluster, object));
  }
  for (const object of all(cluster)) {
    if (object.kind === kind || object.metadata.ownerReferences === undefined) continue;
    if (draw(g, fc.integer({ min: 0, max: 3 })) === 0) continue;
    const status = statusFor(g, object);
    if (status !== undefined) writeStatus(cluster, keyOf(object), status);
  }
}
