/** Sync requests as Metacontroller sends them. */

import type { KubernetesObject } from "../../api/resource.ts";
import type { ObjectGroups } from "../../hooks/contract/wire.ts";

export type KeyForm = "v1" | "v2";

interface World {
  parent: KubernetesObject;
  children?: readonly KubernetesObject[] | undefined;
  related?: readonly KubernetesObject[] | undefined;
  finalizing?: boolean;
  keys?: KeyForm;
}

/** v2 names every object with its namespace; v1 only those outside of the parent's. */
function keyOf({ metadata }: KubernetesObject, parent: KubernetesObject, form: KeyForm): string {
  const { name, namespace } = metadata;
  if (namespace === undefined) return name;
  return form === "v1" && namespace === parent.metadata.namespace ? name : `${namespace}/${name}`;
}

function groups(objects: readonly KubernetesObject[], parent: KubernetesObject, form: KeyForm): ObjectGroups {
  const result: ObjectGroups = {};
  for (const object of objects) {
    const type = `${object.kind}.${object.apiVersion}`;
    result[type] = { ...result[type], [keyOf(object, parent, form)]: object };
  }
  return result;
}

export function syncRequest({ parent, children = [], related = [], finalizing = false, keys = "v2" }: World) {
  return {
    controller: {
      apiVersion: "metacontroller.k8s.io/v1alpha1",
      kind: "CompositeController",
      metadata: { name: "test" },
    },
    parent,
    children: groups(children, parent, keys),
    related: groups(related, parent, keys),
    finalizing,
  };
}
