/** What the pods of a workload print, as the cluster's nodes keep it. */

import { Pod } from "../api/builtin.ts";
import { type Cache, cache } from "../kubernetes/cache.ts";
import type { ConnectOptions, KubernetesClient } from "../kubernetes/client.ts";
import { objectPath, search } from "../kubernetes/path.ts";
import { transport } from "../kubernetes/transport.ts";
import { sentenceOf } from "./failure.ts";

export interface PodLogsOptions {
  client: KubernetesClient;
  connection: ConnectOptions;
  namespace: string;
  labelSelector: string;
  container: string;
  /** Told every line, and which pod printed it. */
  onLine: (pod: string, line: string) => void;
  /** Told what cannot be read, and why. */
  onTrouble: (pod: string, why: string) => void;
  signal: AbortSignal;
}

type Read = (pod: Pod, follow: boolean) => Promise<void>;

/** As long as a timer can wait: a log is followed until its pod ends. */
const longestMs = 2 ** 31 - 1;

/** The logs that there are, pod by pod, the oldest pod first. Returns the number of pods. */
export async function readPodLogs(options: PodLogsOptions): Promise<number> {
  const { client, namespace, labelSelector } = options;
  const { items } = await client.list(Pod, { namespace, labelSelector });
  const read = reader(options);
  for (const pod of items.sort(byAge)) await read(pod, false);
  return items.length;
}

/** Goes on with every pod that starts or starts again, until the signal is aborted. */
export async function followPodLogs(options: PodLogsOptions): Promise<void> {
  const { client, namespace, labelSelector, container, signal } = options;
  const read = reader(options);
  const started = new Set<string>();
  const pods = cache(client, Pod, { namespace, labelSelector });

  const readNew = () => {
    const present = pods.list().filter((pod) => hasStarted(pod, container));
    for (const pod of present.sort(byAge)) {
      const run = runOf(pod, container);
      if (started.has(run)) continue;
      started.add(run);
      void read(pod, true);
    }
  };
  pods.onChange(readNew);
  try {
    await untilAborted(pods, signal, readNew);
  } finally {
    pods.close();
  }
}

async function untilAborted(pods: Cache<Pod>, signal: AbortSignal, readNew: () => void): Promise<void> {
  await pods.ready;
  readNew();
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

function reader({ connection, container, onLine, onTrouble, signal }: PodLogsOptions): Read {
  const http = transport(connection);
  return async ({ metadata }, follow) => {
    const path = objectPath(Pod, metadata, "log") + search({ container, follow: follow ? "true" : undefined });
    const exchange = { method: "GET", path, signal, timeoutMs: longestMs } as const;
    try {
      for await (const line of http.lines(exchange)) onLine(metadata.name, line);
    } catch (error) {
      if (!signal.aborted) onTrouble(metadata.name, sentenceOf(error));
    }
  };
}

function statusOf(pod: Pod, container: string) {
  return pod.status?.containerStatuses?.find(({ name }) => name === container);
}

function hasStarted(pod: Pod, container: string): boolean {
  const { state } = statusOf(pod, container) ?? {};
  return state?.running !== undefined || state?.terminated !== undefined;
}

/** One container's life: a restart prints into a new log. */
function runOf(pod: Pod, container: string): string {
  return `${pod.metadata.uid}/${statusOf(pod, container)?.restartCount ?? 0}`;
}

function byAge(a: Pod, b: Pod): number {
  return (a.metadata.creationTimestamp ?? "").localeCompare(b.metadata.creationTimestamp ?? "");
}
