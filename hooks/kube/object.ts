/** Small builders of plain Kubernetes objects. */

import { apiVersionOf, type KubernetesObject, type ObjectMeta, type Resource } from "../../api/resource.ts";
import { inOrder } from "../contract/order.ts";

type Body<T extends KubernetesObject> = Omit<T, "apiVersion" | "kind" | "metadata" | "status">;

/** A child of `parent`: in its namespace, with the given name and labels. */
export function childOf<T extends KubernetesObject>(
  parent: KubernetesObject,
  resource: Resource<T>,
  metadata: Pick<ObjectMeta, "name" | "labels" | "annotations">,
  body: Body<T>,
): T {
  const { namespace } = parent.metadata;
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    metadata: { ...metadata, ...(namespace === undefined ? {} : { namespace }) },
    ...body,
  } as unknown as T;
}

/** When the object was stored, as a text that sorts by time; what is not stored yet is younger than all. */
export function createdAt({ metadata }: KubernetesObject): string {
  return metadata.creationTimestamp ?? "9";
}

/** Older first; the name decides between equals, so that there is always one order. */
export function byAge(a: KubernetesObject, b: KubernetesObject): number {
  const key = (object: KubernetesObject) =>
    `${createdAt(object)} ${object.metadata.namespace ?? ""}/${object.metadata.name}`;
  return inOrder(key(a), key(b));
}

function saysNothing(value: unknown): boolean {
  if (value === undefined || value === "") return true;
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

type Filled<T> = { [Field in keyof T]?: Exclude<T[Field], undefined> };

/**
 * The fields that say something. Users may write `""`, `{}` and `[]` for "unset"; Kubernetes takes them for the same,
 * but only fields that are left out come to rest.
 */
export function filled<T extends object>(fields: T): Filled<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !saysNothing(value))) as Filled<T>;
}
