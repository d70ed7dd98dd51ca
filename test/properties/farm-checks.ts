/** What must hold in a farm at every moment, and in the end. */

import { expect } from "vitest";
import { BuildbarnStorage } from "../../api/buildbarn/buildbarn-storage.ts";
import { ConfigMap, Deployment, StatefulSet } from "../../api/builtin.ts";
import type { KubernetesObject } from "../../api/resource.ts";
import { ledgerOf } from "../../hooks/buildbarn/buildbarn-storage.shards.ts";
import type { StorageClient } from "../../hooks/buildbarn/kinds.ts";
import { type Ingredients, ingredientsOf } from "../../hooks/buildbarn/plan.ts";
import type { Ledger } from "../../hooks/buildbarn/resharding.ts";
import { type FarmModel, objectsOf, type Synced } from "./farm-model.ts";
import { once, shardNames, shardsNamed, templateOf } from "./farm-pods.ts";
import { clientsOf } from "./farm-users.ts";

const ledgerIn = once((statefulSet: StatefulSet) => ledgerOf(statefulSet));
const ingredientsIn = once((deployment: Deployment) => ingredientsOf(deployment));

/** Every map that there ever was, by its storage and revision. */
type Maps = Map<string, string>;
const maps = new WeakMap<FarmModel, Maps>();

function mapsOf(model: FarmModel): Maps {
  const known = maps.get(model) ?? new Map();
  maps.set(model, known);
  return known;
}

/** A revision means one map, so that nobody can speak of another one. */
function checkLedger(known: Maps, name: string, { revision, shards, previousShards }: Ledger): void {
  const key = `${name} ${revision}`;
  const map = JSON.stringify({ shards, previousShards });
  expect(known.get(key) ?? map, key).toBe(map);
  known.set(key, map);
}

interface Sharding {
  sharding: { shards: Record<string, unknown> };
}

/** What a generated configuration says of shards: where blobs are, and where they were before. */
const mapIn = once(({ data = {} }: ConfigMap) => {
  const [text = "{}"] = Object.values(data).filter((file) => file.includes('"sharding"'));
  const config = JSON.parse(text.replaceAll(/std\.extVar\("\w+"\)/g, '""'));
  const store = config.blobstore?.contentAddressableStorage ?? config.contentAddressableStorage;
  const { primary, secondary } = (store.backend ?? store).readFallback ?? { primary: store.backend ?? store };
  const count = (part: Sharding | undefined) => part && Object.keys(part.sharding.shards).length;
  return JSON.stringify({ shards: count(primary), previousShards: count(secondary) });
});

/** A configuration names what the map of its revision does, the new shards first. */
function checkConfiguration(known: Maps, configMaps: ReadonlyMap<string, ConfigMap>, made: Ingredients): void {
  const stored = configMaps.get(made.configMap);
  if (made.storage === undefined || stored === undefined) return;
  expect(mapIn(stored)).toBe(known.get(`${made.storage.name} ${made.storage.revision}`));
}

/** Nobody uses the shards of a storage that has not heard of him. */
function checkNoted(ledgers: ReadonlyMap<string, Ledger>, clients: ReadonlySet<string>, deployment: Deployment): void {
  const { storage } = ingredientsIn(deployment) ?? {};
  const owner = deployment.metadata.ownerReferences?.[0]?.uid ?? "";
  if (storage === undefined || !clients.has(owner)) return;
  const noted = ledgers.get(storage.name)?.clients.map(({ uid }) => uid);
  expect(noted, `clients of ${storage.name}, ${deployment.metadata.name} among them`).toContain(owner);
}

function told(name: string, { shards, previousShards = 0 }: Ledger): string[] {
  return shardNames({ metadata: { name } }, Math.max(shards, previousShards));
}

function uids(objects: readonly KubernetesObject[]): Set<string> {
  return new Set(objects.map(({ metadata }) => metadata.uid ?? ""));
}

/** Nobody knows of a shard that is not asked for and there, or that was not ready when it was told of. */
export function checkSafety(model: FarmModel): void {
  const known = mapsOf(model);
  const statefulSets = objectsOf(model, StatefulSet);
  const deployments = objectsOf(model, Deployment);
  const configMaps = new Map(objectsOf(model, ConfigMap).map((stored) => [stored.metadata.name, stored]));
  const ledgers = new Map(statefulSets.map((stored) => [stored.metadata.name, ledgerIn(stored) as Ledger]));
  const clients = uids(clientsOf(model));

  for (const [name, ledger] of ledgers) checkLedger(known, name, ledger);
  for (const deployment of deployments) {
    const made = ingredientsIn(deployment);
    if (made !== undefined) checkConfiguration(known, configMaps, made);
    checkNoted(ledgers, clients, deployment);
  }
  const named = deployments.flatMap((deployment) => {
    const stored = configMaps.get(ingredientsIn(deployment)?.configMap ?? "");
    return stored === undefined ? [] : shardsNamed(stored);
  });
  const used = [...[...ledgers].flatMap(([name, ledger]) => told(name, ledger)), ...named];
  const asked = new Set(statefulSets.flatMap((stored) => shardNames(stored, stored.spec?.replicas ?? 0)));
  for (const shard of new Set([...used, ...model.pods.flatMap(({ shards }) => shards)])) {
    expect(asked, "shards that are asked for").toContain(shard);
    expect(model.shards.get(shard), `readiness of ${shard}`).toBe(true);
  }
}

function nameOf({ kind, metadata }: KubernetesObject): string {
  return `${kind}/${metadata.name}`;
}

/** The Deployment that a sync has seen, if it is still the present one. */
function presentDeployment(model: FarmModel, { world }: Synced): Deployment | undefined {
  const seen = world.children.find(({ kind }) => kind === Deployment.kind);
  return objectsOf(model, Deployment).find(
    ({ metadata }) => metadata.resourceVersion === seen?.metadata.resourceVersion,
  );
}

/** A client speaks of all its pods, and takes away no ConfigMap that one of them reads. */
export function checkSync(model: FarmModel, synced: Synced): void {
  const { world, answer } = synced;
  const deployment = presentDeployment(model, synced);
  if (deployment === undefined) return;
  const pods = model.pods.filter(({ owner }) => owner === deployment.metadata.uid);
  const { storage } = answer.status as NonNullable<StorageClient["status"]>;
  if (storage?.settled) {
    const templates = pods.map(({ template }) => template);
    expect(templates, `pods of ${nameOf(world.parent)}, which says that it is settled`).toEqual(
      pods.map(() => templateOf(deployment)),
    );
  }
  const kept = new Set(answer.children.map(nameOf));
  const dropped = world.children.map(nameOf).filter((name) => !kept.has(name));
  const read = pods.map(({ configMap }) => `ConfigMap/${configMap}`);
  for (const name of new Set(read)) expect(dropped, `dropped by ${nameOf(world.parent)}`).not.toContain(name);
}

/** All is as users want it. */
export function checkRest(model: FarmModel): void {
  const statefulSets = new Map(objectsOf(model, StatefulSet).map((stored) => [stored.metadata.name, stored]));
  const wanted = new Map<string, number>();
  for (const { metadata, spec, status } of objectsOf(model, BuildbarnStorage)) {
    wanted.set(metadata.name, spec.replicas);
    expect(statefulSets.get(metadata.name)?.spec?.replicas).toBe(spec.replicas);
    expect(status?.shardMap).toMatchObject({ shards: spec.replicas });
    expect(status?.shardMap).not.toHaveProperty("previousShards");
  }
  for (const deployment of objectsOf(model, Deployment)) {
    const { storage } = ingredientsIn(deployment) ?? {};
    if (storage !== undefined) expect(storage).toMatchObject({ shards: wanted.get(storage.name) });
  }
  for (const client of clientsOf(model)) {
    const ready = client.status?.conditions?.find(({ type }) => type === "Ready");
    expect(ready, nameOf(client)).toMatchObject({ status: "True" });
    const generated = objectsOf(model, ConfigMap).filter(
      ({ metadata }) => metadata.ownerReferences?.[0]?.uid === client.metadata.uid,
    );
    expect(generated.length, `ConfigMaps of ${nameOf(client)}`).toBe(client.spec.configMapName === undefined ? 1 : 0);
  }
}
