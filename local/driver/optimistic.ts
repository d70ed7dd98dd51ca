/** Read-modify-write with optimistic concurrency. */

import type { KubernetesObject, Resource } from "../../api/resource.ts";
import { isConflict, isNotFound, type KubernetesClient } from "../../kubernetes/client.ts";

/**
 * Writes `change(object)`; after a conflict, `change` of the newest version. `change` answers `undefined` when nothing
 * has to be written. Returns the newest version known, or `undefined` when the object is gone or another one has its
 * name by now.
 */
export async function writeNewest<T extends KubernetesObject>(
  client: KubernetesClient,
  resource: Resource<T>,
  object: T,
  change: (newest: T) => T | undefined,
  write: (changed: T) => Promise<T> = (changed) => client.replace(resource, changed),
  attempts = 10,
): Promise<T | undefined> {
  const changed = change(object);
  if (changed === undefined) return object;
  try {
    return await write(changed);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    if (!isConflict(error) || attempts === 1) throw error;
  }
  const live = await client.get(resource, object.metadata);
  if (live === undefined || live.metadata.uid !== object.metadata.uid) return undefined;
  return writeNewest(client, resource, live, change, write, attempts - 1);
}
