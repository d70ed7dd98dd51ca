/** What Metacontroller does with one parent, on the model: read its caches, ask the hook, write what differs. */

import { apiVersionOf, type OwnerReference, type Resource } from "../../api/resource.ts";
import { type AnyComposite, composites, type Settings } from "../../hooks/composites.ts";
import { runCustomize, runSync } from "../../hooks/contract/run.ts";
import type { RelatedRule, SyncResponse } from "../../hooks/contract/wire.ts";
import { merged, withLastApplied } from "../../local/driver/apply.ts";
import { type AnyObject, deepEqual } from "../../local/driver/json.ts";
import { type KeyForm, syncRequest } from "../objects/request.ts";
import { all, type Cluster, create, keyOf, latest, remove, time, update, writeStatus } from "./cluster.ts";

/** Which version of each object a controller has seen last; it never goes back. */
export type Cache = Map<string, number>;

/** Chooses how far behind a cache is: a number from 0 (the newest) to `most`. */
export type Lag = (most: number, key: string) => number;
export const fresh: Lag = () => 0;

/** The objects as the cache has them now, at least as new as before. */
export function view(cluster: Cluster, cache: Cache, lag: Lag): AnyObject[] {
  return [...cluster.versions].flatMap(([key, versions]) => {
    const seen = cache.get(key) ?? -1;
    const index = versions.length - 1 - lag(versions.length - 1 - seen, key);
    cache.set(key, index);
    const object = index < 0 ? undefined : versions[index];
    return object === undefined ? [] : [object];
  });
}

const known: readonly Resource[] = composites.flatMap(({ related = [] }) => related);

function isRelated(object: AnyObject, { apiVersion, resource, namespace, names, labelSelector }: RelatedRule): boolean {
  const kind = known.find(({ plural }) => plural === resource)?.kind;
  const { metadata } = object;
  return (
    object.apiVersion === apiVersion &&
    object.kind === kind &&
    (namespace === undefined || metadata.namespace === namespace) &&
    (names === undefined || names.includes(metadata.name)) &&
    Object.entries(labelSelector?.matchLabels ?? {}).every(([key, value]) => metadata.labels?.[key] === value)
  );
}

function isOwned(object: AnyObject, parent: AnyObject): boolean {
  return object.metadata.ownerReferences?.some(({ uid }) => uid === parent.metadata.uid) ?? false;
}

export interface World {
  parent: AnyObject;
  children: AnyObject[];
  related: AnyObject[];
}

/** What the hook of `parent` gets to see of `objects`. */
export function worldOf(composite: AnyComposite, parent: AnyObject, objects: readonly AnyObject[]): World {
  const rules = runCustomize(composite, { parent }).relatedResources;
  const declared = ({ apiVersion, kind }: AnyObject) =>
    composite.children.some((rule) => rule.kind.kind === kind && apiVersionOf(rule.kind) === apiVersion);
  return {
    parent,
    children: objects.filter((object) => isOwned(object, parent) && declared(object)),
    related: objects.filter((object) => rules.some((rule) => isRelated(object, rule))),
  };
}

export function ask(composite: AnyComposite, world: World, settings: Settings, now: string, keys: KeyForm = "v2") {
  return runSync(composite, syncRequest({ ...world, keys }), settings, now);
}

export function owned(child: AnyObject, parent: AnyObject): AnyObject {
  const { apiVersion, kind, metadata } = parent;
  const owner = { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true } as OwnerReference;
  return { ...child, metadata: { ...child.metadata, ownerReferences: [owner] } };
}

/** Whether something was written. Refused writes are forgotten, as Metacontroller forgets them. */
function applyChild(cluster: Cluster, composite: AnyComposite, world: World, child: AnyObject): boolean {
  const { parent, children } = world;
  const labels = { ...child.metadata.labels, "controller-uid": parent.metadata.uid ?? "" };
  const desired: AnyObject = { ...child, metadata: { ...child.metadata, labels } };
  const observed = children.find((object) => keyOf(object) === keyOf(desired));
  if (observed === undefined) return create(cluster, owned(withLastApplied(desired, desired), parent)) !== undefined;

  const rule = composite.children.find(({ kind }) => kind.kind === child.kind);
  if (rule?.update !== "InPlace") return false;
  const result = merged(observed, desired);
  return !deepEqual(result, observed) && update(cluster, result) !== undefined;
}

function unwantedChildren({ children }: World, answer: SyncResponse): AnyObject[] {
  const wanted = new Set(answer.children.map((child) => keyOf(child as AnyObject)));
  return children.filter((child) => !wanted.has(keyOf(child)));
}

function removeChild(cluster: Cluster, child: AnyObject): boolean {
  const key = keyOf(child);
  const isThere = latest(cluster, key)?.metadata.uid === child.metadata.uid;
  if (isThere) remove(cluster, key);
  return isThere;
}

/** Each write of an answer says whether it changed a child; the last one is the status. */
export function writesOf(cluster: Cluster, composite: AnyComposite, world: World, answer: SyncResponse) {
  const removals = unwantedChildren(world, answer).map((child) => () => removeChild(cluster, child));
  const changes = answer.children.map((child) => () => applyChild(cluster, composite, world, child as AnyObject));
  const key = keyOf(world.parent);
  const status = () => {
    if (latest(cluster, key)?.metadata.uid === world.parent.metadata.uid) writeStatus(cluster, key, answer.status);
    return false;
  };
  return [...removals, ...changes, status];
}

/** Writes the answer; true when a child was written. */
export function apply(cluster: Cluster, composite: AnyComposite, world: World, answer: SyncResponse): boolean {
  return writesOf(cluster, composite, world, answer)
    .map((write) => write())
    .includes(true);
}

/** One sync of one parent with what the cache holds; undefined when the parent is not in it. */
export function sync(
  cluster: Cluster,
  composite: AnyComposite,
  key: string,
  settings: Settings,
  cache: Cache = new Map(),
  lag: Lag = fresh,
) {
  const objects = view(cluster, cache, lag);
  const parent = objects.find((object) => keyOf(object) === key);
  if (parent === undefined) return undefined;
  const world = worldOf(composite, parent, objects);
  const answer = ask(composite, world, settings, time(cluster));
  return { world, answer, written: apply(cluster, composite, world, answer) };
}

/** The keys of a composite's parents. */
export function parentsOf(cluster: Cluster, { parent }: AnyComposite): string[] {
  return all(cluster)
    .filter(({ kind }) => kind === parent.kind)
    .map(keyOf);
}
