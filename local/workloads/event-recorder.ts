/** Events of the Kubernetes API: what `kubectl describe` shows below an object. */

import { createHash } from "node:crypto";
import { Event } from "../../api/builtin.ts";
import type { KubernetesObject } from "../../api/resource.ts";
import { isAlreadyExists, type KubernetesClient } from "../../kubernetes/client.ts";

/** One Event per object and reason, counted up, so that a crash loop does not fill the store. Never rejects. */
export type RecordEvent = (
  object: KubernetesObject,
  type: "Normal" | "Warning",
  reason: string,
  message: string,
) => Promise<void>;

const component = "octoplane-workloads";
const longestMessage = 1024;

export function eventRecorder(client: KubernetesClient, onError: (error: unknown) => void): RecordEvent {
  return async (object, type, reason, message) => {
    const event = newEvent(object, type, reason, message.slice(0, longestMessage));
    try {
      await client.create(Event, event).catch((error: unknown) => {
        if (!isAlreadyExists(error)) throw error;
        return countUp(client, event);
      });
    } catch (error) {
      onError(error);
    }
  };
}

async function countUp(client: KubernetesClient, event: Event): Promise<void> {
  const { count = 1 } = (await client.get(Event, event.metadata)) ?? {};
  const { message, lastTimestamp } = event;
  await client.mergePatch(Event, event.metadata, {
    count: count + 1,
    message: message ?? "",
    lastTimestamp: lastTimestamp ?? "",
  });
}

function newEvent(
  { apiVersion, kind, metadata }: KubernetesObject,
  type: "Normal" | "Warning",
  reason: string,
  message: string,
): Event {
  const { namespace = "default", name, uid = "" } = metadata;
  const suffix = createHash("sha256").update(`${uid} ${reason}`).digest("hex").slice(0, 16);
  const now = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: `${name.slice(0, 200)}.${suffix}`, namespace },
    involvedObject: { apiVersion, kind, namespace, name, uid },
    ...{ type, reason, message, count: 1 },
    ...{ firstTimestamp: now, lastTimestamp: now },
    source: { component },
    reportingComponent: component,
    reportingInstance: "local",
  };
}
