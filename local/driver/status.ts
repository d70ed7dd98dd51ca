/** The parent's status: replaced as a whole, never merged. */

import type { KubernetesObject, Resource } from "../../api/resource.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import type { Definition } from "./definition.ts";
import { type AnyObject, deepEqual, type JsonRecord } from "./json.ts";

import { writeNewest } from "./optimistic.ts";

/** `observedGeneration` is that of the parent the hook saw, also when a newer one is stored by now. */
export async function writeStatus(
  client: KubernetesClient,
  { parent: resource }: Definition,
  parent: KubernetesObject,
  answered: JsonRecord,
): Promise<void> {
  const status = { ...answered, observedGeneration: parent.metadata.generation };
  await writeNewest(
    client,
    resource as Resource<AnyObject>,
    parent as AnyObject,
    (newest) => (deepEqual(newest.status, status) ? undefined : { ...newest, status }),
    (changed) => client.replaceStatus(resource as Resource<AnyObject>, changed),
  );
}
