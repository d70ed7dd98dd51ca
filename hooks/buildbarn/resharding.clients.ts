/** The clients of a storage: who is noted in its ledger, since when, and for how long. */

import type { StorageUse } from "../../api/buildbarn/status.ts";

/** What is remembered of a client. */
export interface NotedClient {
  uid: string;
  /** The newest that was ever seen: what is older tells nothing. */
  generation: number;
  /** For messages: `BuildbarnWorker ubuntu`. */
  title: string;
  /** How long its pods may outlive it. */
  graceSeconds: number;
  /** When it was found to be gone; its pods may still end. */
  goneSince?: string;
}

/** A client as the storage sees it. */
export interface Client {
  uid: string;
  generation: number;
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

/** Room for the garbage collector, and for what happens between the end of a grace period and a pod's being gone. */
export const marginSeconds = 120;

/** Whole seconds until `seconds` have passed since then; 0 when they have. */
export function secondsLeft(since: string, seconds: number, now: string): number {
  return Math.max(0, Math.ceil(Date.parse(since) / 1000 + seconds - Date.parse(now) / 1000));
}

/** What it says of all its pods, and not of an earlier form of itself. */
export function settledUse({ use, isCurrent }: Client): StorageUse | undefined {
  return isCurrent && use?.settled ? use : undefined;
}

/** Whether more was heard of it before: the view is that of a controller that began anew with an older list. */
export function isOutdated({ generation }: Client, noted: NotedClient): boolean {
  return generation < noted.generation;
}

/** A client that went over to another storage stays noted until its last pod has. */
function isNoted(client: Client, noted: NotedClient | undefined, storage: string): boolean {
  if (client.isClaimant || noted === undefined) return client.isClaimant;
  return isOutdated(client, noted) || (settledUse(client)?.name ?? storage) === storage;
}

/** Whole seconds until the pods of a client that is gone are gone, too; undefined for one that is there. */
export function secondsUntilGone({ goneSince, graceSeconds }: NotedClient, now: string): number | undefined {
  return goneSince === undefined ? undefined : secondsLeft(goneSince, graceSeconds + marginSeconds, now);
}

interface Scene {
  storage: string;
  clients: readonly Client[];
  now: string;
}

/** Who is in the ledger from now on: clients, and those who went and whose pods may still be ending. */
export function notedClients(formerly: readonly NotedClient[], { clients, storage, now }: Scene): NotedClient[] {
  const before = new Map(formerly.map((noted) => [noted.uid, noted]));
  const present = clients
    .filter((client) => isNoted(client, before.get(client.uid), storage))
    .map(({ uid, generation, title, graceSeconds }) => ({
      uid,
      generation: Math.max(generation, before.get(uid)?.generation ?? 0),
      title,
      graceSeconds: Math.max(graceSeconds, before.get(uid)?.graceSeconds ?? 0),
    }));
  const seen = new Set(clients.map(({ uid }) => uid));
  const gone = formerly
    .filter(({ uid }) => !seen.has(uid))
    .map((noted) => ({ ...noted, goneSince: noted.goneSince ?? now }))
    .filter((noted) => secondsUntilGone(noted, now) !== 0);
  return [...present, ...gone];
}
