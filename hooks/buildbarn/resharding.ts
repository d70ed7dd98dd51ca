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
 * said of an older one is never taken for the present one. A client uses a map only once it is noted in the ledger, and
 * one that comes from another storage only once its return is: nobody can use shards of whom the storage has not heard.
 */

import { earliest } from "../contract/patience.ts";
import {
  type Client,
  isOutdated,
  type NotedClient,
  notedClients,
  secondsLeft,
  secondsUntilGone,
  settledUse,
} from "./resharding.clients.ts";

export interface Ledger {
  /** Grows with every map. */
  revision: number;
  /** Shards that clients may use: 0 to `shards` - 1. None before the first are ready. */
  shards: number;
  /** Shards of the map before, while clients still look for blobs there. */
  previousShards?: number;
  /** When this map was made; only where there is one before. */
  since?: string;
  /** Shards of older maps, where that is more and somebody has not let go of them. */
  heldShards?: number;
  clients: NotedClient[];
}

export interface ShardFacts {
  storage: string;
  /** Shards that the user wants. */
  wanted: number;
  /** Undefined where there is no StatefulSet, or one without a ledger. */
  ledger: Ledger | undefined;
  /** Pods that the stored StatefulSet asks for, or did when it was seen last. */
  asked: number;
  /** Whether there is a StatefulSet, and all pods that it asks for, and no others, are there and ready. */
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

type ShardMap = Omit<Ledger, "clients" | "heldShards">;

function mapOf(ledger: Ledger | undefined): ShardMap | undefined {
  if (ledger === undefined) return undefined;
  const { clients: _, heldShards: __, ...map } = ledger;
  return map;
}

/** Shards that clients of the map may use. */
function shardsIn({ shards, previousShards = 0 }: ShardMap): number {
  return Math.max(shards, previousShards);
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
  if (wanted > map.shards && asked >= wanted && isReady) return changed(map, wanted, facts);
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
function holdersOf(noted: readonly NotedClient[], map: ShardMap, { clients, storage }: ShardFacts): NotedClient[] {
  const byUid = new Map(clients.map((client) => [client.uid, client]));
  return noted.filter((each) => {
    const client = byUid.get(each.uid);
    return client === undefined || isOutdated(client, each) || !hasLetGo(client, map, storage);
  });
}

/** What is written by hand keeps shards that there are, and brings none about, whatever number it says. */
function handwrittenShards(client: Client, { storage }: ShardFacts, present: number): number {
  const use = settledUse(client);
  return use?.name === storage && use.shards > 0 ? Math.min(use.shards, present) : present;
}

/** The most shards that a client may use: what it was told since the storage knows of it, and what it says. */
function shardsUsed(client: Client, facts: ShardFacts, present: number): number {
  const { use, isManual } = client;
  const said = use?.name === facts.storage && use.revision > 0 ? use.shards : 0;
  return isManual ? Math.max(said, handwrittenShards(client, facts, present)) : said;
}

/**
 * How many shards stay for those who have not let go; 0 without any.
 *
 * @param free how many there are in any case
 */
function heldShards(holders: readonly NotedClient[], facts: ShardFacts, free: number): number {
  if (holders.length === 0) return 0;
  const { ledger, asked, clients } = facts;
  const told = ledger === undefined ? asked : Math.max(shardsIn(ledger), ledger.heldShards ?? 0);
  const uids = new Set(holders.map(({ uid }) => uid));
  const used = clients
    .filter(({ uid }) => uids.has(uid))
    .map((client) => shardsUsed(client, facts, Math.max(asked, free)));
  return Math.max(told, ...used);
}

export function reshard(facts: ShardFacts): Resharding {
  const { wanted, now } = facts;
  const clients = notedClients(facts.ledger?.clients ?? [], facts);
  const map = nextMap(mapOf(facts.ledger) ?? { revision: facts.lastRevision + 1, shards: 0 }, facts);
  const holders = holdersOf(clients, map, facts);
  const free = Math.max(wanted, shardsIn(map));
  const held = heldShards(holders, facts, free);

  return {
    pods: Math.max(free, held),
    ledger: { ...map, ...(held > shardsIn(map) ? { heldShards: held } : {}), clients },
    waitsFor: held > free ? holders.map(({ title }) => title) : [],
    askAgainAfter: earliest(fallbackLeft(map, facts), ...clients.map((each) => secondsUntilGone(each, now))),
  };
}
