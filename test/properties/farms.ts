/** Worlds around one resource of a farm: siblings of few names, so that they collide, and what they say. */

import fc from "fast-check";
import type { Kind } from "../../api/kind.ts";
import { farmKinds } from "../../hooks/buildbarn/kinds.ts";
import type { AnyObject, JsonRecord } from "../../local/driver/json.ts";
import { objectFor } from "./arbitrary.ts";
import { all, type Cluster, create, keyOf, newCluster, writeStatus } from "./cluster.ts";
import { type Draw, draw, specFor } from "./specs.ts";

const kinds = farmKinds as unknown as readonly Kind[];
const names = ["acme", "a", "b"];

export function isFarm({ kind }: { kind: string }): boolean {
  return kinds.some((known) => known.kind === kind);
}

/** References name what may be there; ConfigMaps that are written by hand are rare. */
function farmSpec(g: Draw, kind: Kind): JsonRecord {
  const spec: JsonRecord = { ...specFor(g, kind) };
  for (const field of ["storageRef", "schedulerRef", "browserRef"]) {
    if (field in spec) spec[field] = { name: draw(g, fc.constantFrom(...names)) };
  }
  const map = draw(g, fc.constantFrom(undefined, undefined, undefined, "", "by-hand", "missing"));
  delete spec.configMapName;
  if (map !== undefined) spec.configMapName = map;
  if ("replicas" in spec) spec.replicas = draw(g, fc.constantFrom(...(kind.kind.endsWith("Scheduler") ? [1] : [1, 3])));
  if ("instance" in spec) spec.instance = draw(g, fc.constantFrom("ubuntu22-04", "other"));
  return spec;
}

const files = ["scheduler", "storage", "frontend", "browser", "worker-ubuntu22-04", "runner-ubuntu22-04"];

/** What the resource says of itself, as far as others read it. */
export function farmStatus(g: Draw, cluster: Cluster, { kind, metadata }: AnyObject): JsonRecord {
  const observedGeneration = draw(g, fc.constantFrom(metadata.generation, 0));
  if (kind === "BuildbarnStorage") {
    const generation = draw(g, fc.constantFrom(1, 100));
    const clients = all(cluster)
      .filter(isFarm)
      .map(({ metadata: { uid = "" } }) => ({ uid, generation }));
    const shards = draw(g, fc.constantFrom(0, 1, 3));
    const previousShards = draw(g, fc.constantFrom(undefined, 2));
    const map = { revision: draw(g, fc.constantFrom(1, 2)), shards, clients };
    return { observedGeneration, shardMap: previousShards === undefined ? map : { ...map, previousShards } };
  }
  const name = draw(g, fc.constantFrom(...names));
  const use = { name, revision: draw(g, fc.constantFrom(0, 1, 2)), shards: draw(g, fc.constantFrom(0, 1, 3)) };
  return { observedGeneration, storage: { ...use, settled: draw(g, fc.boolean()) } };
}

export function statefulSetStatus(g: Draw, { metadata, spec }: AnyObject): JsonRecord {
  const replicas = (spec as { replicas?: number }).replicas ?? 1;
  const ready = draw(g, fc.constantFrom(replicas, replicas, 0));
  return {
    observedGeneration: draw(g, fc.constantFrom(metadata.generation, metadata.generation, 1)),
    replicas: draw(g, fc.constantFrom(replicas, replicas, replicas + 1)),
    updatedReplicas: replicas,
    readyReplicas: ready,
    availableReplicas: ready,
  };
}

/** A world with one resource of the kind, whose key is given back, and others around it. */
export function addFarm(g: Draw, parent: Kind): { cluster: Cluster; key: string } {
  const cluster = newCluster();
  if (draw(g, fc.boolean())) {
    const data = Object.fromEntries(files.map((file) => [`${file}.jsonnet`, "{}"]));
    create(cluster, { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "by-hand", namespace: "team" }, data });
  }
  const siblings = draw(g, fc.array(fc.record({ kind: fc.constantFrom(...kinds), name: fc.constantFrom(...names) })));
  const others = siblings.filter(({ kind, name }) => kind !== parent || name !== "acme");
  const isLast = draw(g, fc.boolean());
  const wanted = isLast ? [...others, { kind: parent, name: "acme" }] : [{ kind: parent, name: "acme" }, ...others];
  const created = wanted.flatMap(({ kind, name }) => {
    cluster.now += draw(g, fc.constantFrom(0, 1000));
    return create(cluster, objectFor(kind, name, farmSpec(g, kind))) ?? [];
  });
  for (const object of created) {
    if (object.kind !== parent.kind || object.metadata.name !== "acme") {
      writeStatus(cluster, keyOf(object), farmStatus(g, cluster, object));
    }
  }
  return { cluster, key: keyOf(objectFor(parent, "acme", {})) };
}
