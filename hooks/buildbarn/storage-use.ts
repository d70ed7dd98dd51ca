/** How a client finds its storage, which shards it may use, and what it tells the storage of those that it does. */

import { BuildbarnStorage } from "../../api/buildbarn/buildbarn-storage.ts";
import type { ShardMap, StorageUse } from "../../api/buildbarn/status.ts";
import { generationOf, no, unknown, type Verdict } from "../contract/conditions.ts";
import type { ObjectSet } from "../contract/observed.ts";
import type { Shards } from "./blobstore.ts";
import { type Found, find } from "./discovery.ts";
import { ownConfigMap, type Settings, type StorageClient, versionOf } from "./kinds.ts";
import { type Ingredients, isVerdict } from "./plan.ts";
import { certificateMissing } from "./trust.ts";

/**
 * Whether the storage counts on the client. Its note of one that uses another storage may be of the time before that, and
 * about to go: then it must have heard of the present form of the client.
 */
function isNotedIn({ clients = [] }: ShardMap, storage: string, client: StorageClient): boolean {
  const noted = clients.find(({ uid }) => uid === client.metadata.uid);
  if (noted === undefined) return false;
  return client.status?.storage?.name === storage || noted.generation >= generationOf(client);
}

/** The map of a storage; or why it may not be used yet. */
function usableMap(client: StorageClient, { metadata, status }: BuildbarnStorage): ShardMap | Verdict {
  const map = status?.shardMap;
  if (map === undefined || map.shards === 0) {
    return unknown("StorageNotReady", `BuildbarnStorage ${metadata.name} has no shards yet that are ready`);
  }
  if (isNotedIn(map, metadata.name, client)) return map;
  return unknown("StorageNotReady", `BuildbarnStorage ${metadata.name} has not taken note of this resource yet`);
}

export function storageFor(client: StorageClient, related: ObjectSet): Found<BuildbarnStorage> {
  return find(related, { kind: BuildbarnStorage, field: "storageRef", reference: client.spec.storageRef });
}

export interface Farm {
  client: StorageClient;
  related: ObjectSet;
  settings: Settings;
}

export interface StorageParts {
  storage: BuildbarnStorage;
  shards: Shards;
  ingredient: NonNullable<Ingredients["storage"]>;
}

/** The shards that the configuration is to name; or why there are none. */
export function storagePartsOf({ client, related, settings }: Farm): StorageParts | Verdict {
  const { object: storage, problem } = storageFor(client, related);
  if (storage === undefined) return problem as Verdict;
  const { clientTls } = client.spec;
  const certificate = certificateMissing(storage, storage.spec.tls)(clientTls);
  if (certificate !== undefined) return certificate;
  const map = usableMap(client, storage);
  if (isVerdict(map)) return map;

  const { revision, shards: count, previousShards } = map;
  const largest = Math.max(count, previousShards ?? 0);
  return {
    storage,
    shards: { storage, count, previousCount: previousShards, version: versionOf(client), client: clientTls, settings },
    ingredient: { name: storage.metadata.name, revision, shards: largest },
  };
}

/** What pods are made of, and whether no pod is left that was made of something else. */
interface Pods {
  ingredients: Ingredients;
  isSettled: boolean;
}

/** What the client tells its storage. */
export function storageUse(
  client: StorageClient,
  related: ObjectSet,
  { ingredients: { storage: used }, isSettled }: Pods,
): StorageUse | undefined {
  if (used !== undefined) return { ...used, settled: isSettled };
  const storage = storageFor(client, related).object;
  if (storage === undefined) return undefined;
  const { configShards = 0 } = client.spec;
  return { name: storage.metadata.name, revision: 0, shards: configShards, settled: configShards > 0 && isSettled };
}

/** Who writes configuration by hand has to keep up with the storage: blobs would be where the others do not look. */
export function shardMismatch(client: StorageClient, related: ObjectSet): Verdict | undefined {
  const { configShards } = client.spec;
  const { metadata, status } = storageFor(client, related).object ?? {};
  const shards = status?.shardMap?.shards ?? 0;
  if (ownConfigMap(client) === undefined || configShards === undefined || metadata === undefined) return undefined;
  if (shards === 0 || shards === configShards) return undefined;
  const named = `spec.configShards: the configuration names ${configShards} shards`;
  return no("ShardMismatch", `${named}, and BuildbarnStorage ${metadata.name} has ${shards}: both must be the same`);
}
