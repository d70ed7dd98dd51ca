/** The keys of the hook contract: how requests group and name objects. */

import { apiVersionOf, type KubernetesObject, type Resource } from "../../api/resource.ts";

export type HookVersion = "v1" | "v2";

/** `ConfigMap.v1`, `Deployment.apps/v1`. */
export function groupKey(resource: Pick<Resource, "kind" | "group" | "version">): string {
  return `${resource.kind}.${resource.group === "" ? resource.version : `${resource.group}/${resource.version}`}`;
}

/** The same key, from what an object says of itself. */
export function groupKeyOf(object: Pick<KubernetesObject, "kind" | "apiVersion">): string {
  return `${object.kind}.${object.apiVersion}`;
}

/** `namespace/name` or, for cluster-scoped objects, `name`: unique within a kind. */
export function objectId(namespace: string | undefined, name: string): string {
  return namespace ? `${namespace}/${name}` : name;
}

export function idOf(object: KubernetesObject): string {
  return objectId(object.metadata.namespace, object.metadata.name);
}

/**
 * An object's key in a request, or `undefined` when that version of the contract cannot express it: under v1 a
 * namespaced parent sees bare names of its own namespace only.
 */
export function requestKey(version: HookVersion, parent: KubernetesObject, object: KubernetesObject) {
  const bareNames = version === "v1" && parent.metadata.namespace !== undefined;
  if (!bareNames) return idOf(object);
  return object.metadata.namespace === parent.metadata.namespace ? object.metadata.name : undefined;
}

export interface ObjectGroup {
  resource: Resource;
  objects: KubernetesObject[];
}

/** Every group is there, even when empty; keys are sorted, so that equal states make equal requests. */
export function requestGroups(version: HookVersion, parent: KubernetesObject, groups: ObjectGroup[]) {
  const result: Record<string, Record<string, KubernetesObject>> = {};
  for (const { resource, objects } of groups) {
    const keyed = objects
      .map((object) => [requestKey(version, parent, object), object] as const)
      .filter((entry): entry is readonly [string, KubernetesObject] => entry[0] !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    result[groupKey(resource)] = { ...result[groupKey(resource)], ...Object.fromEntries(keyed) };
  }
  return result;
}

/** `things.vectors.example.com/v1`, for messages. */
export function resourceName(resource: Resource): string {
  return `${resource.plural} in ${apiVersionOf(resource)}`;
}
