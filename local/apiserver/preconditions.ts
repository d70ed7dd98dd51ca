/** What has to hold before an object is written: where it goes, and which state the client has seen. */

import { Namespace } from "../../api/builtin.ts";
import type { DeleteOptions } from "./deletion.ts";
import { type Kind, storageName } from "./kind.ts";
import type { ApiObject } from "./object.ts";
import { badRequest, conflict, forbidden, invalid, notFound } from "./status.ts";
import type { Store } from "./store.ts";

/** Throws 404 without the namespace, 403 while that is being deleted. */
export function requireNamespace(store: Store, { resource }: Kind, namespace: string, name: string): void {
  const owner = store.get({ resource: "namespaces", namespace: "", name: namespace });
  if (owner === undefined) throw notFound(Namespace, namespace);
  if (owner.metadata.deletionTimestamp === undefined) return;
  throw forbidden(
    resource,
    name,
    `unable to create new content in namespace ${namespace} because it is being terminated`,
  );
}

/** Throws 400 for another name, 409 for another state or another object of that name. */
export function checkPreconditions(
  { resource, needsVersionToReplace }: Kind,
  wanted: ApiObject,
  previous: ApiObject,
): void {
  const { name, uid, resourceVersion } = wanted.metadata;
  const before = previous.metadata;
  if (name !== before.name) {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${before.name})`);
  }
  if (uid !== undefined && uid !== before.uid) throw conflict(resource, name, uidMismatch(uid, before.uid));
  if (resourceVersion === undefined && needsVersionToReplace) {
    const message = "Invalid value: 0x0: must be specified for an update";
    throw invalid(resource, name, [{ reason: "FieldValueInvalid", message, field: "metadata.resourceVersion" }]);
  }
  if (resourceVersion !== undefined && resourceVersion !== before.resourceVersion) {
    const why = "the object has been modified; please apply your changes to the latest version and try again";
    throw conflict(resource, name, why);
  }
}

function uidMismatch(wanted: string, actual: string | undefined): string {
  return `Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${actual ?? ""}`;
}

const protectedNamespaces = ["default", "kube-system"];

/** Throws 409 for another state or another object of that name, 403 for a namespace that has to stay. */
export function checkDeletable({ resource }: Kind, { metadata }: ApiObject, options: DeleteOptions): void {
  const { name, uid, resourceVersion } = metadata;
  if (options.uid !== undefined && options.uid !== uid) throw conflict(resource, name, uidMismatch(options.uid, uid));
  if (options.resourceVersion !== undefined && options.resourceVersion !== resourceVersion) {
    const versions = `${options.resourceVersion}, ResourceVersion in object meta: ${resourceVersion}`;
    throw conflict(resource, name, `Precondition failed: ResourceVersion in precondition: ${versions}`);
  }
  if (storageName(resource) === "namespaces" && protectedNamespaces.includes(name)) {
    throw forbidden(resource, name, "this namespace may not be deleted");
  }
}
