/**
 * What a hook sees: the parent, its children and the related objects. The key forms of the wire are hidden here, and
 * every list is sorted, so that no answer can depend on the order in which objects arrive.
 */

import { apiVersionOf, type KubernetesObject, type Resource } from "../../api/resource.ts";
import { inOrder } from "./order.ts";
import type { ObjectGroups, SyncRequest } from "./wire.ts";

export interface ObjectSet {
  /** All objects of a kind, sorted by namespace and name. */
  all<T extends KubernetesObject>(resource: Resource<T>): T[];
  /** The object of that name, in the namespace of the parent unless said otherwise. */
  get<T extends KubernetesObject>(resource: Resource<T>, name: string, namespace?: string): T | undefined;
  /** The stored form of an object that the hook wants: same kind and name. */
  find<T extends KubernetesObject>(desired: T): T | undefined;
}

export interface Observed<Parent extends KubernetesObject = KubernetesObject> {
  parent: Parent;
  children: ObjectSet;
  related: ObjectSet;
  /** The time of the request, RFC 3339 in whole seconds: the only clock a hook has. */
  now: string;
}

function byName(a: KubernetesObject, b: KubernetesObject): number {
  const key = ({ metadata }: KubernetesObject) => `${metadata.namespace ?? ""}/${metadata.name}`;
  return inOrder(key(a), key(b));
}

function objectSet(groups: ObjectGroups, parent: KubernetesObject): ObjectSet {
  const byType = new Map<string, KubernetesObject[]>();
  for (const object of Object.values(groups).flatMap((group) => Object.values(group))) {
    const type = `${object.apiVersion}/${object.kind}`;
    byType.set(type, [...(byType.get(type) ?? []), object]);
  }
  for (const objects of byType.values()) objects.sort(byName);

  const ofType = (apiVersion: string, kind: string) => byType.get(`${apiVersion}/${kind}`) ?? [];
  const named = (objects: KubernetesObject[], name: string, namespace = parent.metadata.namespace) =>
    objects.find(
      ({ metadata }) =>
        metadata.name === name && (metadata.namespace === undefined || metadata.namespace === namespace),
    );

  return {
    all: <T extends KubernetesObject>(resource: Resource<T>) =>
      [...ofType(apiVersionOf(resource), resource.kind)] as T[],
    get: <T extends KubernetesObject>(resource: Resource<T>, name: string, namespace?: string) =>
      named(ofType(apiVersionOf(resource), resource.kind), name, namespace) as T | undefined,
    find: <T extends KubernetesObject>(desired: T) =>
      named(ofType(desired.apiVersion, desired.kind), desired.metadata.name, desired.metadata.namespace) as
        | T
        | undefined,
  };
}

export function observe<Parent extends KubernetesObject>(request: SyncRequest, now: string): Observed<Parent> {
  const parent = request.parent as Parent;
  return { parent, now, children: objectSet(request.children, parent), related: objectSet(request.related, parent) };
}

/** Whether somebody asked for the object's end; it may live on until its finalizers are done. */
export function isTerminating(object: KubernetesObject): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}
