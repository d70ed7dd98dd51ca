/** What a storage knows of its shards and of those who use them. */

import { BuildbarnStorage } from "../../api/buildbarn/buildbarn-storage.ts";
import { shardAddress } from "../../api/buildbarn/names.ts";
import type { ShardMap } from "../../api/buildbarn/status.ts";
import type { StatefulSet } from "../../api/builtin.ts";
import { generationOf, speaksOfSpec } from "../contract/conditions.ts";
import type { ObjectSet, Observed } from "../contract/observed.ts";
import { observedStatus } from "../kube/rollout.ts";
import { placeOf } from "./blobstore.ts";
import { ledgerAnnotation } from "./buildbarn-storage.stateful-set.ts";
import { graceOf } from "./grace.ts";
import { clientsIn, ownConfigMap, type Settings, type StorageClient, titleOf } from "./kinds.ts";
import { noteOf } from "./notes.ts";
import type { Client } from "./resharding.clients.ts";
import type { Ledger, ShardFacts } from "./resharding.ts";

export function ledgerOf(stored: StatefulSet | undefined): Ledger | undefined {
  return noteOf<Ledger>(
    stored,
    ledgerAnnotation,
    ({ revision, shards, clients }) => Number.isInteger(revision) && Number.isInteger(shards) && Array.isArray(clients),
  );
}

/** Whether a client means this storage; who writes configuration by hand may mean any, unless a reference says which. */
function isClaimant(client: StorageClient, { metadata }: BuildbarnStorage, related: ObjectSet): boolean {
  const { storageRef } = client.spec;
  if (storageRef !== undefined) return storageRef.name === metadata.name;
  return ownConfigMap(client) !== undefined || related.all(BuildbarnStorage).length <= 1;
}

function clientOf(client: StorageClient, storage: BuildbarnStorage, related: ObjectSet): Client {
  return {
    uid: client.metadata.uid ?? "",
    generation: generationOf(client),
    title: titleOf(client),
    graceSeconds: graceOf(client, related),
    isClaimant: isClaimant(client, storage, related),
    isManual: ownConfigMap(client) !== undefined,
    use: client.status?.storage,
    isCurrent: speaksOfSpec(client),
  };
}

/** Every pod that is asked for is there and ready, and no other is. */
function isReady(stored: StatefulSet): boolean {
  const { replicas = 0, readyReplicas = 0 } = observedStatus(stored) ?? { replicas: -1 };
  return replicas === stored.spec?.replicas && readyReplicas === replicas;
}

/** Shards that clients knew of, as far as the status tells, where the StatefulSet is gone. */
function knownShards({ status }: BuildbarnStorage): number {
  return 1 + (status?.shards ?? []).findLastIndex(({ phase }) => phase !== "Starting");
}

export function shardFacts(
  { parent, related, now }: Observed<BuildbarnStorage>,
  stored: StatefulSet | undefined,
): ShardFacts {
  const clients = clientsIn(related).map((client) => clientOf(client, parent, related));
  const heard = clients.flatMap(({ use }) => (use?.name === parent.metadata.name ? [use.revision] : []));
  return {
    storage: parent.metadata.name,
    wanted: parent.spec.replicas,
    ledger: ledgerOf(stored),
    asked: stored === undefined ? knownShards(parent) : (stored.spec?.replicas ?? 0),
    isReady: stored !== undefined && isReady(stored),
    lastRevision: Math.max(parent.status?.shardMap?.revision ?? 0, ...heard),
    fallbackSeconds: parent.spec.resharding.readFallbackSeconds,
    clients,
    now,
  };
}

/**
 * What clients may use: what is stored, and not what is about to be. Without a StatefulSet that is nothing, under the last
 * revision: it must outlive the StatefulSet, whose successor would use it again.
 *
 * @param lastRevision 0: there never was one.
 */
export function publishedMap(stored: StatefulSet | undefined, lastRevision: number): ShardMap | undefined {
  const ledger = ledgerOf(stored);
  if (ledger === undefined) return lastRevision === 0 ? undefined : { revision: lastRevision, shards: 0 };
  const { revision, shards, previousShards } = ledger;
  const present = ledger.clients.filter(({ goneSince }) => goneSince === undefined);
  const clients = present.map(({ uid, generation }) => ({ uid, generation }));
  return {
    revision,
    shards,
    ...(previousShards === undefined ? {} : { previousShards }),
    ...(clients.length === 0 ? {} : { clients }),
  };
}

/** Every shard that has a pod, or is to have one, and whether clients know it. */
export function shardsOf(storage: BuildbarnStorage, stored: StatefulSet | undefined, pods: number, settings: Settings) {
  const { shards = 0, previousShards = 0 } = ledgerOf(stored) ?? {};
  const place = placeOf(storage, settings);
  const phaseOf = (ordinal: number) => {
    if (ordinal >= storage.spec.replicas) return "Retiring" as const;
    return ordinal < Math.max(shards, previousShards) ? ("Serving" as const) : ("Starting" as const);
  };
  return Array.from({ length: pods }, (_, ordinal) => ({
    name: `${storage.metadata.name}-${ordinal}`,
    address: shardAddress(place, ordinal),
    phase: phaseOf(ordinal),
  }));
}
