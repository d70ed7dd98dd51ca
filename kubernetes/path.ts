/** Where a resource lives in the URL space of the Kubernetes API. */

import type { Resource } from "../api/resource.ts";

/** Names one object. `namespace` is required for namespaced resources and ignored for the others. */
export interface ObjectKey {
  namespace?: string | undefined;
  name: string;
}

/** `/api/v1`, `/apis/apps/v1`. */
export function versionPath(resource: Pick<Resource, "group" | "version">): string {
  return resource.group === "" ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
}

/** The collection: of one namespace, or of all when `namespace` is left out. */
export function collectionPath(resource: Resource, namespace?: string): string {
  const scope = resource.namespaced && namespace ? `/namespaces/${segment("namespace", namespace)}` : "";
  return `${versionPath(resource)}${scope}/${resource.plural}`;
}

/** One object, or one of its subresources (`status`). */
export function objectPath(resource: Resource, key: ObjectKey, subresource?: string): string {
  const path = `${collectionPath(resource, scopeOf(resource, key.namespace))}/${segment("name", key.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** The namespace to use for one object; a missing one is a mistake of the caller, never "all namespaces". */
export function scopeOf(resource: Resource, namespace: string | undefined): string | undefined {
  if (!resource.namespaced) return undefined;
  if (!namespace) throw new TypeError(`${resource.plural} are namespaced: metadata.namespace is missing`);
  return namespace;
}

/** `?a=1&b=2` of what is set. */
export function search(parameters: Record<string, string | undefined>): string {
  const set = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return set.length === 0 ? "" : `?${new URLSearchParams(set)}`;
}

/** The API server's own rule for names in paths; it also keeps a hostile name from leaving its collection. */
function segment(field: string, value: string): string {
  if (value === "" || value === "." || value === ".." || /[/%]/.test(value)) {
    throw new TypeError(`${field} ${JSON.stringify(value)} cannot be used in a path`);
  }
  return encodeURIComponent(value);
}
