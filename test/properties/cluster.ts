/**
 * A small model of the Kubernetes API: objects with all their versions, so that caches can be late. What the API server
 * does to an object (defaults, pruning, validation) is done by the code of the embedded one.
 */

import { crdOf } from "../../api/crd.ts";
import type { Kind } from "../../api/kind.ts";
import { composites, records } from "../../hooks/composites.ts";
import { builtinDefaults } from "../../local/apiserver/defaults.ts";
import { prune, type Schema, setDefaults } from "../../local/apiserver/structural.ts";
import { validatorOf } from "../../local/apiserver/validation.ts";
import { type AnyObject, deepEqual } from "../../local/driver/json.ts";

/** The time before which nothing happens. */
export const beginning = Date.parse("2026-03-01T12:00:00Z");

export interface Cluster {
  /** Milliseconds. */
  now: number;
  revision: number;
  /** Every version of every object, oldest first; undefined is the deletion. */
  versions: Map<string, (AnyObject | undefined)[]>;
}

export function newCluster(): Cluster {
  return { now: beginning, revision: 0, versions: new Map() };
}

export function time({ now }: Cluster): string {
  return `${new Date(now).toISOString().slice(0, 19)}Z`;
}

export function keyOf({ apiVersion, kind, metadata }: AnyObject): string {
  return `${apiVersion}/${kind}/${metadata.namespace ?? ""}/${metadata.name}`;
}

export function latest(cluster: Cluster, key: string): AnyObject | undefined {
  return cluster.versions.get(key)?.at(-1);
}

export function all(cluster: Cluster): AnyObject[] {
  return [...cluster.versions.values()].map((versions) => versions.at(-1)).filter((object) => object !== undefined);
}

const kinds: readonly Kind[] = [...composites.map(({ parent }) => parent), ...records];

interface Checks {
  schema: Schema;
  validate: ReturnType<typeof validatorOf>;
}

const checks = new Map<string, Checks>(
  kinds.map((kind) => {
    const [version] = crdOf(kind).spec.versions as { schema: { openAPIV3Schema: Schema } }[];
    const schema = version?.schema.openAPIV3Schema ?? {};
    return [kind.kind, { schema, validate: validatorOf(schema) }];
  }),
);

const resources: Record<string, string> = {
  ConfigMap: "configmaps",
  Job: "jobs.batch",
  Deployment: "deployments.apps",
  StatefulSet: "statefulsets.apps",
  Service: "services",
  Ingress: "ingresses.networking.k8s.io",
  NetworkPolicy: "networkpolicies.networking.k8s.io",
  PodDisruptionBudget: "poddisruptionbudgets.policy",
  HorizontalPodAutoscaler: "horizontalpodautoscalers.autoscaling",
};

/** Why the API server would refuse the object or drop something of it; empty when it stores it as it is. */
export function problems(object: AnyObject): string[] {
  const known = checks.get(object.kind);
  if (known === undefined) return [];
  const copy = structuredClone(object) as Record<string, unknown>;
  const unknown = prune(copy, known.schema).map((field) => `${field} is not declared`);
  return [...unknown, ...known.validate(copy).map(({ field, message }) => `${field}: ${message}`)];
}

function admitted(object: AnyObject, previous?: AnyObject): AnyObject {
  const copy = structuredClone(object);
  const known = checks.get(object.kind);
  if (known !== undefined) setDefaults(copy, known.schema);
  else builtinDefaults[resources[object.kind] ?? ""]?.(copy as never, previous as never);
  const wrong = problems(copy);
  if (wrong.length > 0) throw new Error(`${keyOf(object)} would be refused: ${wrong.join("; ")}`);
  return copy;
}

function store(cluster: Cluster, object: AnyObject): AnyObject {
  cluster.revision += 1;
  const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(cluster.revision) } };
  const key = keyOf(stored);
  cluster.versions.set(key, [...(cluster.versions.get(key) ?? []), stored]);
  return stored;
}

/** Stores a new object; undefined when its name is taken. */
export function create(cluster: Cluster, object: AnyObject): AnyObject | undefined {
  if (latest(cluster, keyOf(object)) !== undefined) return undefined;
  const { status: _, ...rest } = admitted(object);
  const metadata = {
    ...object.metadata,
    uid: `uid-${cluster.revision + 1}`,
    generation: 1,
    creationTimestamp: time(cluster),
  };
  return store(cluster, { ...rest, metadata } as AnyObject);
}

/** Stores a changed object; undefined when somebody was faster. */
export function update(cluster: Cluster, object: AnyObject): AnyObject | undefined {
  const before = latest(cluster, keyOf(object));
  if (before === undefined || before.metadata.resourceVersion !== object.metadata.resourceVersion) return undefined;
  const after = admitted(object, before);
  const bump = deepEqual(after.spec, before.spec) ? 0 : 1;
  const generation = (before.metadata.generation ?? 1) + bump;
  const status = before.status === undefined ? {} : { status: before.status };
  return store(cluster, { ...after, ...status, metadata: { ...after.metadata, generation } });
}

/** Stores a status, as the status subresource does; nothing when it is there already. */
export function writeStatus(cluster: Cluster, key: string, status: unknown): void {
  const before = latest(cluster, key);
  if (before === undefined || deepEqual(before.status, status)) return;
  const wrong = problems({ ...before, status });
  if (wrong.length > 0) throw new Error(`the status of ${key} would be refused: ${wrong.join("; ")}`);
  store(cluster, { ...before, status });
}

export function remove(cluster: Cluster, key: string): void {
  if (latest(cluster, key) === undefined) return;
  cluster.revision += 1;
  cluster.versions.get(key)?.push(undefined);
}

/** Deletes what belongs to nobody any more; true when there was something. */
export function collectGarbage(cluster: Cluster): boolean {
  const objects = all(cluster);
  const living = new Set(objects.map(({ metadata }) => metadata.uid));
  const orphans = objects.filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => !living.has(uid)));
  for (const orphan of orphans) remove(cluster, keyOf(orphan));
  return orphans.length > 0;
}
