/**
 * Shards come and go in an order in which no client is told of a shard that is not there, and none is taken away that a
 * client may still use.
 *
 * Growing: pods first; when all are ready, clients are told. Shrinking: clients are told first; when every one of them
 * has let go, the pods go. Everything is decided from what is stored, whatever happened between two calls.
 *
 * Caches may be late, so what the order hangs on lies in one object, the StatefulSet: its number of pods, and in an
 * annotation the ledger of maps and clients. Metacontroller writes it only over the version that the hook has seen.
 * Every map has a revision of its own; a client says in its status which revision all its pods use, so that what it
 * said of an older one is never taken for the present one. A client uses a map only once it is noted in the ledger:
 * nobody can use shards of whom the storage has not heard.
 */

import type { StorageUse } from "../../api/buildbarn/status.ts";
import { earliest } from "../contract/patience.ts";

/** What is remembered of a client. */
export interface NotedClient {
  uid: string;
  /** For messages: `BuildbarnWorker ubuntu`. */
  title: string;
  /** How long its pods may outlive it. */
  graceSeconds: number;
  /** When it was found to be gone; its pods may still end. */
  goneSince?: string;
}

export interface Ledger {
  /** Grows with every map. */
  revision: number;
  /** Shards that clients may use: 0 to `shards` - 1. None before the first are ready. */
  shards: number;
  /** Shards of the map before, while clients still look for blobs there. */
  previousShards?: number;
  /** When this map was made; only where there is one before. */
  since?: string;
  clients: NotedClient[];
}

/** A client as the storage sees it. */
export interface Client {
  uid: string;
  title: string;
  graceSeconds: number;
  /** Whether it uses, or may come to use, this storage. */
  isClaimant: boolean;
  /** Whether its configuration is written by hand: it uses what it likes, and whenever. */
  isManual: boolean;
  /** What it says that its pods use; undefined while it says nothing. */
  use?: StorageUse | undefined;
  /** Whether it says so of the present form of its resource. */
  isCurrent: boolean;
}

export interface ShardFacts {
  storage: string;
  /** Shards that the user wants. */
  wanted: number;
  /** Undefined where there is no StatefulSet, or one without a ledger. */
  ledger: Ledger | undefined;
  /** Pods that the stored StatefulSet asks for; undefined without one. */
  asked: number | undefined;
  /** Whether all of them, and no others, are there and ready. */
  isReady: boolean;
  /** The newest revision that anybody ever heard of: the StatefulSet may have been made anew. */
  lastRevision: number;
  fallbackSeconds: number;
  clients: readonly Client[];
  now: string;
}

export interface Resharding {
  /** Pods that should be there. */
  pods: number;
  ledger: Ledger;
  /** Clients for which shards are kept. */
  waitsFor: string[];
  /** Whole seconds until time alone changes something. */
  askAgainAfter?: number | undefined;
}

/** Room for the garbage collector, and for what happens between the end of a grace period and a pod's being gone. */
const marginSeconds = 120;

function secondsLeft(since: string, seconds: number, now: string): number {
  return Math.max(0, Math.ceil(Date.parse(since) / 1000 + seconds - Date.parse(now) / 1000));
}

/** What it says of all its pods, and not of an earlier form of itself. */
function settledUse({ use, isCurrent }: Client): StorageUse | undefined {
  return isCurrent && use?.settled ? use : undefined;
}

/** A client that went over to another storage stays noted until its last pod has. */
function isNoted(client: Client, noted: NotedClient | undefined, storage: string): boolean {
  if (client.isClaimant || noted === undefined) return client.isClaimant;
  return (settledUse(client)?.name ?? storage) === storage;
}

/** Who is in the ledger from now on: clients, and those who went and whose pods may still be ending. */
function notedClients({ ledger, clients, storage, now }: ShardFacts): NotedClient[] {
  const before = new Map((ledger?.clients ?? []).map((noted) => [noted.uid, noted]));
  const present = clients
    .filter((client) => isNoted(client, before.get(client.uid), storage))
    .map(({ uid, title, graceSeconds }) => ({
      uid,
      title,
      graceSeconds: Math.max(graceSeconds, before.get(uid)?.graceSeconds ?? 0),
    }));
  const seen = new Set(clients.map(({ uid }) => uid));
  const gone = [...before.values()]
    .filter(({ uid }) => !seen.has(uid))
    .map((noted) => ({ ...noted, goneSince: noted.goneSince ?? now }))
    .filter(({ goneSince, graceSeconds }) => secondsLeft(goneSince, graceSeconds + marginSeconds, now) > 0);
  return [...present, ...gone];
}

type ShardMap = Omit<Ledger, "clients">;

function mapOf(ledger: Ledger | undefined): ShardMap | undefined {
  if (ledger === undefined) return undefined;
  const { clients: _, ...map } = ledger;
  return map;
}

/** The next map of `shards`, with the one before as a fallback where that is wanted. */
function changed(map: ShardMap, shards: number, { fallbackSeconds, now }: ShardFacts): ShardMap {
  const revision = map.revision + 1;
  if (fallbackSeconds === 0 || map.shards === 0 || shards === 0) return { revision, shards };
  return { revision, shards, previousShards: map.shards, since: now };
}

function fallbackLeft({ since }: ShardMap, { fallbackSeconds, now }: ShardFacts): number {
  return since === undefined ? 0 : secondsLeft(since, fallbackSeconds, now);
}

function nextMap(map: ShardMap, facts: ShardFacts): ShardMap {
  const { wanted, asked, isReady, lastRevision } = facts;
  if (lastRevision > map.revision) return nextMap({ ...map, revision: lastRevision + 1 }, facts);
  if (wanted > map.shards && asked === wanted && isReady) return changed(map, wanted, facts);
  if (wanted < map.shards) return changed(map, wanted, facts);
  if (map.previousShards !== undefined && fallbackLeft(map, facts) === 0) {
    return { revision: map.revision + 1, shards: map.shards };
  }
  return map;
}

function hasLetGo(client: Client, map: ShardMap, storage: string): boolean {
  const use = settledUse(client);
  if (use === undefined || use.name !== storage) return false;
  return client.isManual ? use.shards <= map.shards : use.revision === map.revision;
}

/** Those whose pods may use a shard that the map does not have. */
function holders(noted: readonly NotedClient[], map: ShardMap, { clients, storage }: ShardFacts): string[] {
  const byUid = new Map(clients.map((client) => [client.uid, client]));
  return noted
    .filter(({ uid }) => {
      const client = byUid.get(uid);
      return client === undefined || !hasLetGo(client, map, storage);
    })
    .map(({ title }) => title);
}

export function reshard(facts: ShardFacts): Resharding {
  const { wanted, asked, clients: all, now, storage } = facts;
  const clients = notedClients(facts);
  const map = nextMap(mapOf(facts.ledger) ?? { revision: facts.lastRevision + 1, shards: 0 }, facts);

  const heldBy = holders(clients, map, facts);
  const told = Math.max(map.shards, map.previousShards ?? 0);
  const claimed = all.flatMap(({ use }) => (use?.name === storage ? [use.shards] : []));
  const held = heldBy.length === 0 ? 0 : Math.max(asked ?? 0, ...claimed);
  const pods = Math.max(wanted, told, held);

  const ends = clients.flatMap(({ goneSince, graceSeconds }) =>
    goneSince === undefined ? [] : [secondsLeft(goneSince, graceSeconds + marginSeconds, now)],
  );
  return {
    pods,
    ledger: { ...map, clients },
    waitsFor: held > Math.max(wanted, told) ? heldBy : [],
    askAgainAfter: earliest(fallbackLeft(map, facts), ...ends),
  };
}
