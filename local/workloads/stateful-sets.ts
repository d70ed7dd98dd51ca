/** StatefulSets are not run here: their pods need stable names and volumes. Each says so, instead of waiting in silence. */

import { isDeepStrictEqual } from "node:util";
import { StatefulSet } from "../../api/builtin.ts";
import { isNotFound } from "../../kubernetes/client.ts";
import { ownerOf, type RunnerContext } from "./runner-context.ts";

const reason = "PodNotRunnable";
const message = "StatefulSets do not run on the embedded platform: their pods stay Pending; it takes a cluster";

type StatefulSetStatus = NonNullable<StatefulSet["status"]>;

function statusOf({ metadata, status }: StatefulSet): StatefulSetStatus {
  const [before] = status?.conditions ?? [];
  const lastTransitionTime = before?.lastTransitionTime ?? new Date().toISOString().replace(/\.\d+Z$/, "Z");
  return {
    observedGeneration: metadata.generation ?? 1,
    replicas: 0,
    conditions: [{ type: "ReplicaFailure", status: "True", reason, message, lastTransitionTime }],
  };
}

/** One look at the StatefulSet `namespace/name`. */
export async function refuseStatefulSet(
  key: string,
  { client, observed, recordEvent }: Pick<RunnerContext, "client" | "observed" | "recordEvent">,
): Promise<undefined> {
  const { namespace, name } = ownerOf(key);
  const stored = observed.statefulSets.get(namespace, name);
  if (stored === undefined) return;
  const status = statusOf(stored);
  if (isDeepStrictEqual(stored.status, status)) return;
  const { resourceVersion: _any, ...metadata } = stored.metadata;
  try {
    await client.replaceStatus(StatefulSet, { ...stored, metadata, status });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return;
  }
  if (stored.status?.conditions === undefined) void recordEvent(stored, "Warning", reason, message);
}
