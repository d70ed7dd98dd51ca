/** Compares what the driver does with what the real Metacontroller did. */

import type { Exchange, HookRequest, RecordedWrite, Stored, VectorEvent } from "./recording.ts";
import { same } from "./tester.ts";
import type { HookCall, World } from "./world.ts";

export interface Expectations {
  /** `Kind/name` of objects that are not compared: events that a recording leaves out, or that the driver refuses, made them. */
  absent: string[];
  /** Kinds that the recording lists in `clusterAfter`. */
  listedKinds: Set<string>;
}

/** Whether a live request is a recorded one. */
export function isRequest(world: World, live: HookRequest, recorded: HookRequest): boolean {
  return same(liveState(world, live), recordedState(world, recorded));
}

export function liveState(world: World, request: HookRequest | undefined): unknown {
  return world.identities.normal(state(request));
}

export function recordedState(world: World, request: HookRequest): unknown {
  return world.identities.recorded(state(request));
}

/** All but the controller, which only the first request of a recording spells out. */
function state(request: HookRequest | undefined): unknown {
  const { parent, children, related, finalizing } = request ?? {};
  return { parent, children, related, finalizing };
}

/** How much of a recorded request a live one has in common; only used to find an answer for states in between. */
function likeness(world: World, live: HookRequest, recorded: HookRequest): number {
  const ours = objectTexts(liveState(world, live));
  const theirs = objectTexts(recordedState(world, recorded));
  const keys = new Set([...ours.keys(), ...theirs.keys()]);
  const different = [...keys].filter((key) => ours.has(key) !== theirs.has(key)).length;
  const equal = [...keys].filter((key) => ours.get(key) === theirs.get(key)).length;
  const parent = same(world.identities.normal(live.parent), world.identities.recorded(recorded.parent)) ? 0.5 : 0;
  return equal + parent - different * keys.size;
}

function objectTexts(request: unknown): Map<string, string> {
  const { children = {}, related = {} } = request as HookRequest;
  const entries = Object.entries({ ...related, ...children }).flatMap(([group, objects]) =>
    Object.entries(objects).map(([key, object]) => [`${group} ${key}`, JSON.stringify(object)] as const),
  );
  return new Map(entries);
}

export function concerns(call: HookCall, exchange: Exchange): boolean {
  const { request } = exchange;
  if (call.hook !== exchange.hook) return false;
  return request === undefined || request.parent.metadata.name === call.request.parent.metadata.name;
}

/**
 * The recorded exchange that a call repeats: one of this event, or of an earlier one when a retry meets the state that
 * the event is just about to change, or else the most similar one.
 */
export function exchangeFor(world: World, call: HookCall, current: VectorEvent, earlier: VectorEvent[], after: number) {
  const exact = (exchange: Exchange) =>
    exchange.request !== undefined && concerns(call, exchange) && isRequest(world, call.request, exchange.request);
  const now = current.exchanges;
  const next = now.findIndex((exchange, index) => index > after && exact(exchange));
  const index = next >= 0 ? next : now.findIndex(exact);
  if (index >= 0) return { exchange: now[index], index };
  const before = earlier.flatMap(({ exchanges }) => exchanges);
  const exchange = before.findLast(exact) ?? mostSimilar(world, call, now) ?? mostSimilar(world, call, before);
  return { exchange, index: -1 };
}

function mostSimilar(world: World, call: HookCall, exchanges: Exchange[]): Exchange | undefined {
  const scored = exchanges
    .filter((exchange) => concerns(call, exchange))
    .map((exchange) => ({ exchange, score: exchange.request ? likeness(world, call.request, exchange.request) : 0 }));
  const best = Math.max(...scored.map(({ score }) => score));
  return scored.findLast(({ score }) => score === best)?.exchange;
}

/** Objects as a sorted list of texts, so that differences read well. */
export function clusterText(world: World, event: VectorEvent, { listedKinds, absent }: Expectations) {
  const live = [...listedKinds].flatMap((kind) => world.objects(kind));
  const owners = new Set(
    ["Thing", "Cluster"].flatMap((kind) => world.objects(kind)).map(({ metadata }) => metadata.uid),
  );
  const ownerNames = new Set([...owners].map((uid) => world.identities.normal(uid)));
  const kept = (object: Stored) => {
    // How fast the garbage collector is does not matter.
    if (object.metadata.finalizers?.includes("foregroundDeletion")) return false;
    const owner = object.metadata.ownerReferences?.find(({ controller }) => controller);
    return owner === undefined || ownerNames.has(owner.uid);
  };
  const text = (objects: unknown[]) =>
    (objects as Stored[])
      .filter((object) => kept(object) && !absent.includes(`${object.kind}/${object.metadata.name}`))
      .map((object) => JSON.stringify(object))
      .sort();
  const tested = live.filter(
    ({ metadata }) => metadata.namespace === undefined || metadata.namespace.startsWith("demo"),
  );
  return {
    live: text(tested.map(world.identities.normal)),
    recorded: text((event.clusterAfter ?? []).map(world.identities.recorded)),
  };
}

/** Writes to objects as texts; status writes are left to the comparison of the cluster. */
export function writeTexts(writes: RecordedWrite[], normal: (value: unknown) => unknown): Set<string> {
  return new Set(
    writes
      .filter(isObjectWrite)
      .map(({ verb, path, body }) => `${verb} ${path} ${JSON.stringify(content(verb, normal(body)))}`),
  );
}

function isObjectWrite({ path, status }: RecordedWrite): boolean {
  return !path.endsWith("/status") && ((status >= 200 && status < 300) || status === 422);
}

function content(verb: string, body: unknown): unknown {
  if (verb !== "DELETE") return body;
  const { preconditions, propagationPolicy } = body as { preconditions: { uid?: string }; propagationPolicy?: string };
  return { uid: preconditions.uid, propagationPolicy };
}

/** Recorded updates that stored what was stored already; a driver may leave them out. */
export function isNeedless(write: RecordedWrite, event: VectorEvent, recorded: (value: unknown) => unknown): boolean {
  if (write.verb !== "PUT") return false;
  const stored = event.exchanges.flatMap(({ request }) =>
    Object.values(request?.children ?? {}).flatMap(Object.values),
  ) as Stored[];
  return stored.some((object) => same(recorded(object), recorded(write.body)));
}
