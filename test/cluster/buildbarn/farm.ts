/** A farm in a namespace of its own, on the platform that is installed on the cluster. */

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inject } from "vitest";
import { parseAllDocuments } from "yaml";
import {
  ConfigMap,
  Deployment,
  HorizontalPodAutoscaler,
  Ingress,
  Namespace,
  Pod,
  StatefulSet,
} from "../../../api/builtin.ts";
import type { KubernetesObject, Resource } from "../../../api/resource.ts";
import { type Component, farmKinds, titleOf } from "../../../hooks/buildbarn/kinds.ts";
import { conditionOf, speaksOfSpec } from "../../../hooks/contract/conditions.ts";
import type { Workload } from "../../../hooks/kube/rollout.ts";
import { connect, type KubernetesClient } from "../../../kubernetes/client.ts";
import type { Seen } from "../../buildbarn/replay.ts";
import { root } from "../harness/folders.ts";
import { waitFor } from "../harness/wait.ts";
import { record } from "./history.ts";

export interface Farm {
  client: KubernetesClient;
  namespace: string;
  /** Everything that was seen in the namespace, since before there was anything. */
  seen: readonly Seen[];
  all<T extends KubernetesObject>(resource: Resource<T>): T[];
  find<T extends KubernetesObject>(resource: Resource<T>, name: string): T | undefined;
  /** Creates objects in the farm's namespace. */
  create(...objects: KubernetesObject[]): Promise<void>;
  /** Changes some fields of a resource; null takes one away. */
  change<T extends KubernetesObject>(resource: Resource<T>, name: string, spec: object): Promise<void>;
  remove(resource: Resource, name: string): Promise<void>;
  /** Resolves with the first value that is neither undefined nor false; what it waits for is told with how things are. */
  until<T>(what: string, probe: () => T | undefined | false): Promise<T>;
  /** Resolves when every resource, in its present form, is ready, and nothing is under way in it or in its pods. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

const watched = [...farmKinds, ConfigMap, Deployment, HorizontalPodAutoscaler, Ingress, Pod, StatefulSet];
const timeoutMs = 120_000;

export async function startFarm(...objects: KubernetesObject[]): Promise<Farm> {
  const client = connect({ kubeconfig: inject("cluster")?.kubeconfig ?? "" });
  const namespace = `farm-${randomBytes(4).toString("hex")}`;
  await client.create(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  const history = await record(client, namespace, watched as readonly Resource[]);
  const farm: Farm = {
    client,
    namespace,
    seen: history.seen,
    all: history.all,
    find: (resource, name) => history.all(resource).find(({ metadata }) => metadata.name === name),
    async create(...added) {
      for (const object of added) {
        const resource = watched.find(({ kind }) => kind === object.kind) as Resource;
        const stored = await client.create(resource, { ...object, metadata: { ...object.metadata, namespace } });
        await seen(farm, resource, stored);
      }
    },
    async change(resource, name, spec) {
      await seen(farm, resource, await client.mergePatch(resource, { namespace, name }, { spec } as never));
    },
    remove: (resource, name) => client.delete(resource, { namespace, name }),
    until: (what, probe) =>
      waitFor(probe, { what, timeoutMs }).catch((error: Error) => {
        throw new Error(`${error.message}\n${situation(farm)}`);
      }),
    async settled() {
      const workloads = () => [...farm.all(Deployment), ...farm.all(StatefulSet)];
      await farm.until("rest", () => components(farm).every(isSettled) && workloads().every(isRolledOut));
    },
    async close() {
      history.close();
      await client.delete(Namespace, { name: namespace });
    },
  };
  await farm.create(...objects);
  return farm;
}

/** Resolves when what was written is part of the history: whoever looks then does not see how it was before. */
async function seen(farm: Farm, resource: Resource, { metadata }: KubernetesObject): Promise<void> {
  await farm.until(`${resource.kind} ${metadata.name}`, () => {
    const known = farm.find(resource, metadata.name)?.metadata.resourceVersion;
    return Number(known) >= Number(metadata.resourceVersion);
  });
}

export function components(farm: Farm): Component[] {
  return farmKinds.flatMap((kind): Component[] => farm.all<Component>(kind as unknown as Resource<Component>));
}

export function isReady(component: Component): boolean {
  return speaksOfSpec(component) && conditionOf(component, "Ready")?.status === "True";
}

function isSettled(component: Component): boolean {
  return isReady(component) && conditionOf(component, "Progressing")?.status === "False";
}

/** What a hook said a moment ago may not know yet of what it has just written. */
function isRolledOut({ metadata, spec, status }: Workload): boolean {
  const { observedGeneration, replicas = 0, updatedReplicas = 0, readyReplicas = 0 } = status ?? {};
  const isCurrent = observedGeneration === metadata.generation;
  return isCurrent && [replicas, updatedReplicas, readyReplicas].every((count) => count === spec?.replicas);
}

/** How things are, for people who look at a failure. */
function situation(farm: Farm): string {
  const said = components(farm).flatMap((component) =>
    ["Ready", "Progressing", "Degraded"].map((type) => {
      const { status, reason, message } = conditionOf(component, type) ?? {};
      return `${titleOf(component)}: ${type} ${status} ${reason} ${message}`;
    }),
  );
  const pods = farm.all(Pod).map(({ metadata, status }) => {
    const waiting = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].flatMap(
      ({ name, state, lastState }) => {
        const why = state?.waiting?.reason ?? lastState?.terminated?.message;
        return why === undefined ? [] : [`${name}: ${why}`];
      },
    );
    return `${metadata.name} ${status?.phase} ${waiting.join(", ")}`;
  });
  return [...said, ...pods].join("\n");
}

type Changes = Partial<Record<Component["kind"], object>>;

/** The five resources of the example, smaller where a test needs less. */
export function minimalFarm(changes: Changes = {}): Component[] {
  const text = readFileSync(join(root, "examples", "buildbarn", "minimal.yaml"), "utf8");
  const objects = parseAllDocuments(text).map((document) => document.toJS() as Component);
  return objects
    .filter(({ kind }) => kind.startsWith("Buildbarn"))
    .map((object) => ({ ...object, spec: { ...object.spec, ...changes[object.kind] } }) as Component);
}

/** One pod each. */
export const smallest = {
  BuildbarnStorage: { replicas: 1 },
  BuildbarnWorker: { replicas: 1 },
} satisfies Changes;

/** Living pods of a resource. */
export function podsOf(farm: Farm, component: string): Pod[] {
  return farm
    .all(Pod)
    .filter(({ metadata }) => metadata.labels?.component === component && metadata.deletionTimestamp === undefined);
}

/** UIDs of the living pods by resource: what was rolled has others. */
export function podIdentities(farm: Farm): Record<string, string[]> {
  const names = components(farm).map(({ metadata }) => metadata.name);
  return Object.fromEntries(
    names.map((name) => [
      name,
      podsOf(farm, name)
        .map(({ metadata }) => metadata.uid ?? "")
        .sort(),
    ]),
  );
}

/** The configuration that was generated for a resource, as somebody would write it by hand who copies it. */
export function generatedConfig(farm: Farm, component: string): Record<string, string> {
  const [found] = farm.all(ConfigMap).filter(({ metadata }) => metadata.labels?.component === component);
  return found?.data ?? {};
}

export function configMap(name: string, data: Record<string, string>): ConfigMap {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data };
}
