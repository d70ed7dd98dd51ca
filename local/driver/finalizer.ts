/** The finalizer that keeps a parent until its finalize hook has finished. */

import type { KubernetesObject } from "../../api/resource.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { isTerminating } from "./children.ts";
import type { Definition } from "./definition.ts";
import { writeNewest } from "./optimistic.ts";

/** Finalizers of the garbage collector: it deletes the children itself. */
const collectorFinalizers = ["foregroundDeletion", "orphan"];

export function finalizerName(definition: Definition): string {
  return `metacontroller.io/compositecontroller-${definition.name}`;
}

export function hasFinalizer(definition: Definition, parent: KubernetesObject): boolean {
  return parent.metadata.finalizers?.includes(finalizerName(definition)) ?? false;
}

/** Adds it where the controller has a finalize hook, removes it where it no longer has one. */
export async function syncFinalizer(client: KubernetesClient, definition: Definition, parent: KubernetesObject) {
  const wanted = definition.hooks.finalize !== undefined;
  if (wanted === hasFinalizer(definition, parent)) return parent;
  if (!wanted) return removeFinalizer(client, definition, parent);
  return isTerminating(parent) ? parent : addFinalizer(client, definition, parent);
}

/** `undefined` when the parent is gone. */
export function removeFinalizer(client: KubernetesClient, definition: Definition, parent: KubernetesObject) {
  const name = finalizerName(definition);
  return writeNewest(client, definition.parent, parent, (newest) =>
    hasFinalizer(definition, newest)
      ? withFinalizers(
          newest,
          (newest.metadata.finalizers ?? []).filter((each) => each !== name),
        )
      : undefined,
  );
}

function addFinalizer(client: KubernetesClient, definition: Definition, parent: KubernetesObject) {
  return writeNewest(client, definition.parent, parent, (newest) =>
    hasFinalizer(definition, newest) || isTerminating(newest)
      ? undefined
      : withFinalizers(newest, [...(newest.metadata.finalizers ?? []), finalizerName(definition)]),
  );
}

function withFinalizers(object: KubernetesObject, finalizers: string[]): KubernetesObject {
  return { ...object, metadata: { ...object.metadata, finalizers } };
}

/** Children of a living parent are managed; those of a dying one only as long as its finalizer holds it for us. */
export function managesChildren(definition: Definition, parent: KubernetesObject): boolean {
  if (!isTerminating(parent)) return true;
  const collected = parent.metadata.finalizers?.some((each) => collectorFinalizers.includes(each)) ?? false;
  return !collected && hasFinalizer(definition, parent);
}
