/**
 * What was seen of a storage and its clients, played again in the order in which it was stored: who was told of which
 * shards, who may have used them, and which of them were there.
 */

import type { BuildbarnStorage } from "../../api/buildbarn/buildbarn-storage.ts";
import { BuildbarnStorage as Storage } from "../../api/buildbarn/buildbarn-storage.ts";
import { ConfigMap, Pod } from "../../api/builtin.ts";
import type { KubernetesObject } from "../../api/resource.ts";

export interface Seen {
  type: "ADDED" | "MODIFIED" | "DELETED";
  object: KubernetesObject;
}

interface Scene {
  storage: string;
  /** UID of each shard's pod that is ready, and not told to stop, by name. */
  ready: Map<string, string | undefined>;
  /** Shards by the name of the ConfigMap that names them; outlives it, as pods outlive it. */
  named: Map<string, ReadonlySet<string>>;
  /** Pods that may use shards: each uses those that its ConfigMap names, until it has ended. */
  users: Map<string, string>;
}

/** Every moment at which somebody was told of a shard that was not ready, or one went that somebody still used. */
export function violations(storage: string, history: readonly Seen[]): string[] {
  const scene: Scene = { storage, ready: new Map(), named: new Map(), users: new Map() };
  return inOrder(history).flatMap((seen) => {
    const at = `${revisionOf(seen.object)} ${seen.type} ${seen.object.kind} ${seen.object.metadata.name}`;
    return step(scene, seen).map((what) => `${at}: ${what}`);
  });
}

function revisionOf({ metadata }: KubernetesObject): number {
  return Number(metadata.resourceVersion);
}

/** A resourceVersion is the same clock for all kinds: that of the store behind the API server. */
function inOrder(history: readonly Seen[]): Seen[] {
  return history.toSorted((a, b) => revisionOf(a.object) - revisionOf(b.object));
}

function step(scene: Scene, { type, object }: Seen): string[] {
  if (object.kind === Storage.kind && object.metadata.name === scene.storage) {
    return notReady(scene, publishedShards(object as BuildbarnStorage));
  }
  if (object.kind === ConfigMap.kind) return type === "DELETED" ? [] : configured(scene, object as ConfigMap);
  if (object.kind !== Pod.kind) return [];
  const pod = object as Pod;
  return isShard(scene, pod) ? shardChanged(scene, pod, type) : userChanged(scene, pod, type);
}

/** What clients may use from now on. */
function publishedShards({ metadata, status }: BuildbarnStorage): string[] {
  const { shards = 0, previousShards = 0 } = status?.shardMap ?? {};
  return Array.from({ length: Math.max(shards, previousShards) }, (_, ordinal) => `${metadata.name}-${ordinal}`);
}

function notReady({ ready }: Scene, shards: Iterable<string>): string[] {
  return [...shards].filter((shard) => !ready.has(shard)).map((shard) => `tells of ${shard}, which is not ready`);
}

function configured(scene: Scene, { metadata, data = {} }: ConfigMap): string[] {
  const shards = new Set(Object.values(data).flatMap((text) => shardsIn(scene, text)));
  scene.named.set(metadata.name, shards);
  return notReady(scene, shards);
}

/** `storage-0.storage.team:8981` -> `storage-0` */
function shardsIn({ storage }: Scene, text: string): string[] {
  return [...text.matchAll(new RegExp(`\\b(${storage}-\\d+)\\.${storage}\\.`, "g"))].map(([, shard = ""]) => shard);
}

function isShard({ storage }: Scene, { metadata }: Pod): boolean {
  return metadata.labels?.app === "storage" && metadata.labels?.component === storage;
}

function shardChanged(scene: Scene, pod: Pod, type: Seen["type"]): string[] {
  const { name, uid } = pod.metadata;
  if (type !== "DELETED" && isReady(pod)) {
    scene.ready.set(name, uid);
    return [];
  }
  if (scene.ready.get(name) !== uid || !scene.ready.delete(name)) return [];
  const users = [...scene.users].filter(([, configMap]) => scene.named.get(configMap)?.has(name));
  return users.map(([user]) => `${name} goes while ${user} uses it`);
}

function isReady({ metadata, status }: Pod): boolean {
  const says = status?.conditions?.find(({ type }) => type === "Ready");
  return says?.status === "True" && metadata.deletionTimestamp === undefined;
}

/** Its programs may use what they know from the start to the end, however long they were told to stop. */
function userChanged(scene: Scene, pod: Pod, type: Seen["type"]): string[] {
  const { name } = pod.metadata;
  const configMap = pod.spec?.volumes?.find((volume) => volume.configMap !== undefined)?.configMap?.name;
  if (type === "DELETED" || hasEnded(pod) || configMap === undefined) {
    scene.users.delete(name);
    return [];
  }
  if (scene.users.has(name)) return [];
  scene.users.set(name, configMap);
  return notReady(scene, scene.named.get(configMap) ?? []);
}

function hasEnded({ status }: Pod): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}
