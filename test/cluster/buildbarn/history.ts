/** Everything that happens in a namespace, as the API server tells it. */

import type { KubernetesObject, Resource } from "../../../api/resource.ts";
import type { KubernetesClient } from "../../../kubernetes/client.ts";
import type { Seen } from "../../buildbarn/replay.ts";

export interface History {
  /** In the order of arrival: kinds are told of side by side. */
  readonly seen: readonly Seen[];
  /** What is there now. */
  all<T extends KubernetesObject>(resource: Resource<T>): T[];
  close(): void;
}

interface Recording {
  client: KubernetesClient;
  namespace: string;
  signal: AbortSignal;
  seen: Seen[];
  /** Present objects by kind and name. */
  present: Map<string, KubernetesObject>;
}

/** Resolves when it has begun for all of the resources: nothing that comes later is missed. */
export async function record(
  client: KubernetesClient,
  namespace: string,
  resources: readonly Resource[],
): Promise<History> {
  const closing = new AbortController();
  const recording: Recording = { client, namespace, signal: closing.signal, seen: [], present: new Map() };
  const begun = resources.map(async (resource) => {
    const { items, resourceVersion } = await client.list(resource, { namespace });
    for (const object of items) take(recording, { type: "ADDED", object });
    void follow(recording, resource, resourceVersion);
  });
  await Promise.all(begun);
  return {
    seen: recording.seen,
    all: ({ kind }) => [...recording.present.values()].filter((object) => object.kind === kind) as never,
    close: () => closing.abort(),
  };
}

function take({ seen, present }: Recording, event: Seen): void {
  const { kind, metadata } = event.object;
  seen.push(event);
  if (event.type === "DELETED") present.delete(`${kind} ${metadata.name}`);
  else present.set(`${kind} ${metadata.name}`, event.object);
}

/** Goes on where a stream ended, so that no event is left out. */
async function follow(recording: Recording, resource: Resource, from: string): Promise<void> {
  const { client, namespace, signal } = recording;
  let resourceVersion = from;
  while (!signal.aborted) {
    try {
      for await (const { type, object } of client.watch(resource, { namespace, resourceVersion }, { signal })) {
        resourceVersion = object.metadata.resourceVersion ?? resourceVersion;
        if (type !== "BOOKMARK") take(recording, { type, object });
      }
    } catch (error) {
      if (!signal.aborted) console.error(`${resource.plural}: ${(error as Error).message}`);
    }
  }
}
