/** Puts the platform's own objects in place: kinds, controllers, and a namespace that may hold accounts. */

import { Namespace } from "../../api/builtin.ts";
import { CustomResourceDefinition, crdOf } from "../../api/crd.ts";
import type { KubernetesObject, Resource } from "../../api/resource.ts";
import { namespaceLabel } from "../../api/workers/fields.ts";
import { composites, records } from "../../hooks/composites.ts";
import { CompositeController, compositeControllerOf } from "../../hooks/contract/manifest.ts";
import { isAlreadyExists, type KubernetesClient, type MergePatch } from "../../kubernetes/client.ts";
import { compositeControllerDefinition } from "./metacontroller.ts";

export const accountNamespace = "default";

/** Creates the object, or gives the stored one the content of this version of the platform. */
async function apply<T extends KubernetesObject>(
  client: KubernetesClient,
  resource: Resource<T>,
  object: T,
): Promise<void> {
  try {
    await client.create(resource, object);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    await client.mergePatch(resource, { name: object.metadata.name }, object as MergePatch<T>);
  }
}

/** @param hooksUrl where the hook server listens, without a slash at the end. */
export async function install(client: KubernetesClient, hooksUrl: string): Promise<void> {
  await apply(client, Namespace, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: accountNamespace, labels: { [namespaceLabel]: "enabled" } },
  });

  const kinds = [...composites.map(({ parent }) => parent), ...records];
  for (const definition of [compositeControllerDefinition, ...kinds.map(crdOf)]) {
    await apply(client, CustomResourceDefinition, definition);
  }
  for (const composite of composites) {
    await apply(client, CompositeController, compositeControllerOf(composite, { url: hooksUrl }));
  }
}
