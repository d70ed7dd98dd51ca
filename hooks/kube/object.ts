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

/** Older first; the name decides between equals, so that there is always one order. */
export function byAge(a: KubernetesObject, b: KubernetesObject): number {
  const key = ({ metadata: m }: KubernetesObject) => `${m.creationTimestamp ?? "9"} ${m.namespace ?? ""}/${m.name}`;
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
