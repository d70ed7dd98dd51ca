/** Carries out writes to children. One that fails does not keep the others from being tried. */

import { isAlreadyExists, isConflict, isNotFound, type KubernetesClient } from "../../kubernetes/client.ts";
import type { Write } from "./children.ts";
import { describe, messageOf } from "./json.ts";

/** Throws one error that names every write that failed. */
export async function writeChildren(client: KubernetesClient, writes: Write[]): Promise<void> {
  const deletions = writes.filter(({ type }) => type === "delete");
  const others = writes.filter(({ type }) => type !== "delete");
  const results = [
    ...(await Promise.allSettled(deletions.map((write) => carryOut(client, write)))),
    ...(await Promise.allSettled(others.map((write) => carryOut(client, write)))),
  ];
  const failures = results.filter((result) => result.status === "rejected").map(({ reason }) => messageOf(reason));
  if (failures.length > 0) throw new Error(`can't reconcile children: ${failures.join("; ")}`);
}

async function carryOut(client: KubernetesClient, { type, resource, object }: Write): Promise<void> {
  try {
    if (type === "create") await client.create(resource, object);
    else if (type === "update") await client.replace(resource, object);
    else await client.delete(resource, object.metadata, { uid: object.metadata.uid, propagationPolicy: "Background" });
  } catch (error) {
    if (isExpected(type, error)) return;
    throw new Error(`${type} ${describe(object)}: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * The cache was behind: the watch event that tells so starts the next sync. `AlreadyExists` can also mean that the
 * object is somebody else's; Metacontroller stays silent about that, so hooks must notice a child that never appears.
 */
function isExpected(type: Write["type"], error: unknown): boolean {
  return type === "create" ? isAlreadyExists(error) : isNotFound(error) || isConflict(error);
}
