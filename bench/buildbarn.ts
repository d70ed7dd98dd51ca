/**
 * What a large farm costs: the time of a sync of each of its resources, and what adding a shard or a pool touches.
 *
 *   node bootstrap.mjs run bench/buildbarn.ts [pools, default 50] [shards, default 64]
 */

import { ConfigMap, type Deployment, type StatefulSet } from "../api/builtin.ts";
import type { KubernetesObject } from "../api/resource.ts";
import { buildbarnComposites } from "../hooks/buildbarn/composites.ts";
import type { Composite } from "../hooks/contract/composite.ts";
import { runSync } from "../hooks/contract/run.ts";
import { browser, frontend, plainStorage, scheduler, worker } from "../test/objects/buildbarn.ts";
import { asStored, running } from "../test/objects/farm.ts";
import { syncRequest } from "../test/objects/request.ts";
import { now } from "../test/objects/workers.ts";
import { percentile, printTable } from "./table.ts";

const pools = Number(process.argv[2] ?? 50);
const shards = Number(process.argv[3] ?? 64);
const rounds = 200;

type Farm = readonly KubernetesObject[];

/** Everybody is noted, and all shards serve. */
function farmOf(poolCount: number, shardCount: number, revision: number): Farm {
  const names = Array.from({ length: poolCount }, (_, index) => `pool-${index}`);
  const platform = (name: string) => [{ name: "pool", value: name }];
  const clients = [
    scheduler(),
    frontend(),
    browser(),
    ...names.map((name) => worker({ platform: platform(name) }, { name })),
  ];
  const shardMap = {
    revision,
    shards: shardCount,
    clients: clients.map(({ metadata }) => ({ uid: metadata.uid ?? "", generation: 1 })),
  };
  return [plainStorage({ replicas: shardCount }, { status: { shardMap } }), ...clients];
}

function requestFor(parent: KubernetesObject, farm: Farm, children: readonly KubernetesObject[] = []) {
  return syncRequest({ parent, related: farm, children });
}

function sync(request: ReturnType<typeof requestFor>) {
  const composite = buildbarnComposites.find(({ parent }) => parent.kind === request.parent.kind);
  return runSync(composite as unknown as Composite, request, {}, now);
}

function isWorkload({ kind }: KubernetesObject): boolean {
  return kind === "Deployment" || kind === "StatefulSet";
}

function timed(kind: string, farm: Farm): string[] {
  const parent = farm.find((object) => object.kind === kind) as KubernetesObject;
  const children = sync(requestFor(parent, farm)).children.map((child) =>
    asStored(child, isWorkload(child) ? running(child as Deployment) : undefined),
  );
  const request = requestFor(parent, farm, children);
  const times = Array.from({ length: rounds }, () => {
    const start = performance.now();
    sync(request);
    return performance.now() - start;
  });
  const answer = sync(request);
  const size = (value: unknown) => `${(Buffer.byteLength(JSON.stringify(value)) / 1024).toFixed(0)} KiB`;
  const figures = [percentile(times, 0.5), percentile(times, 0.99)].map((time) => time.toFixed(2));
  return [kind, ...figures, size(request), size(answer)];
}

/** What is wanted of a farm, by kind and name of the child. */
function wanted(farm: Farm): Map<string, KubernetesObject> {
  const children = farm.flatMap((parent) => sync(requestFor(parent, farm)).children);
  return new Map(children.map((child) => [`${child.kind}/${child.metadata.name}`, child]));
}

function podsOf(child: KubernetesObject): number {
  return (child as Deployment | StatefulSet).spec?.replicas ?? 0;
}

function templateOf(child: KubernetesObject | undefined): string {
  return JSON.stringify((child as Deployment | undefined)?.spec?.template);
}

/** New pods, pods that are replaced, and the configuration that is written for it. */
function touched(what: string, before: Farm, after: Farm): string[] {
  const old = wanted(before);
  const all = [...wanted(after)];
  const workloads = all.filter(([, child]) => isWorkload(child));
  const isRolled = ([key, child]: (typeof all)[number]) =>
    old.has(key) && templateOf(old.get(key)) !== templateOf(child);
  const rolled = workloads.filter(isRolled).reduce((sum, [, child]) => sum + podsOf(child), 0);
  const grown = workloads.filter((each) => !isRolled(each));
  const added = grown.reduce(
    (sum, [key, child]) => sum + podsOf(child) - podsOf(old.get(key) ?? ({} as Deployment)),
    0,
  );
  const maps = all
    .filter(([key, { kind }]) => kind === ConfigMap.kind && !old.has(key))
    .map(([, map]) => map as ConfigMap);
  const bytes = maps.reduce((sum, { data }) => sum + Buffer.byteLength(JSON.stringify(data)), 0);
  const total = workloads.reduce((sum, [, child]) => sum + podsOf(child), 0);
  return [what, String(added), `${rolled} of ${total}`, String(maps.length), `${(bytes / 1024).toFixed(0)} KiB`];
}

const farm = farmOf(pools, shards, 1);
console.log(`a farm of ${pools} pools and ${shards} shards, at rest; ${rounds} syncs each\n`);
const kinds = buildbarnComposites.map(({ parent }) => parent.kind);
printTable(
  ["sync of a", "median ms", "p99 ms", "request", "answer"],
  kinds.map((kind) => timed(kind, farm)),
);
console.log("\n");
printTable(
  ["adding", "new pods", "pods rolled", "ConfigMaps", "bytes in them"],
  [touched("a shard", farm, farmOf(pools, shards + 1, 2)), touched("a pool", farm, farmOf(pools + 1, shards, 1))],
);
