/** Deleting an object: at once, or as soon as nothing keeps it any more. */

import { crdFinalizer, crdStorage } from "./crd.ts";
import { type Kind, storageName } from "./kind.ts";
import { bumpGeneration, timestamp } from "./metadata.ts";
import { type ApiObject, listAt } from "./object.ts";

export interface DeleteOptions {
  /** Checks everything and deletes nothing. */
  readonly dryRun?: boolean;
  /** Preconditions. */
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
  /** Default `Background`. */
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan" | undefined;
}

const collectorFinalizers = { Foreground: ["foregroundDeletion"], Orphan: ["orphan"], Background: [] };

/** The object as it stays while its finalizers, or its content, keep it. */
export function markDeleted(
  kind: Kind,
  previous: ApiObject,
  { propagationPolicy = "Background" }: DeleteOptions,
): ApiObject {
  const own = storageName(kind.resource) === crdStorage ? [crdFinalizer] : [];
  const finalizers = [...(previous.metadata.finalizers ?? []), ...collectorFinalizers[propagationPolicy], ...own];
  const object = structuredClone(previous);
  Object.assign(object.metadata, {
    deletionTimestamp: timestamp(new Date()),
    deletionGracePeriodSeconds: 0,
    ...(finalizers.length > 0 && { finalizers: [...new Set(finalizers)] }),
  });
  bumpGeneration(object);
  if (storageName(kind.resource) === "namespaces") object.status = { phase: "Terminating" };
  return object;
}

/** Whether something else has to happen before a deleted object goes. Namespaces have finalizers in their spec, too. */
export function isKept(object: ApiObject): boolean {
  const inSpec = object.kind === "Namespace" ? listAt(object, "spec", "finalizers") : [];
  return (object.metadata.finalizers ?? []).length + inSpec.length > 0;
}
