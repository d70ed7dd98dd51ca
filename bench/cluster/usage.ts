/** What the platform's pods use, and how often hooks are called. */

import { setTimeout as delay } from "node:timers/promises";
import { Pod } from "../../api/builtin.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";

export interface Usage {
  milliCpu: number;
  mebibytes: number;
}

/** As the kubelet's summary tells it. */
interface Summary {
  pods: {
    podRef: { name: string; namespace: string };
    cpu?: { usageCoreNanoSeconds?: number; time: string };
    memory?: { workingSetBytes?: number };
  }[];
}

const namespaces = ["octoplane-system", "metacontroller"];

/** Of each program, over these seconds. */
export async function usage(client: KubernetesClient, seconds: number): Promise<Map<string, Usage>> {
  const before = await summary(client);
  await delay(seconds * 1000);
  const after = await summary(client);
  const parts = new Map<string, Usage>();
  for (const [pod, { cpu, memory, part }] of after) {
    const start = before.get(pod);
    const elapsed = (Date.parse(cpu?.time ?? "") - Date.parse(start?.cpu?.time ?? "")) * 1e6;
    const used = (cpu?.usageCoreNanoSeconds ?? 0) - (start?.cpu?.usageCoreNanoSeconds ?? 0);
    const sum = parts.get(part) ?? { milliCpu: 0, mebibytes: 0 };
    parts.set(part, {
      milliCpu: sum.milliCpu + (elapsed > 0 ? Math.round((1000 * used) / elapsed) : 0),
      mebibytes: sum.mebibytes + Math.round((memory?.workingSetBytes ?? 0) / 2 ** 20),
    });
  }
  return parts;
}

async function summary(client: KubernetesClient) {
  const names = await programs(client);
  const nodes = await client.getRaw<{ items: { metadata: { name: string } }[] }>("/api/v1/nodes");
  const pods = new Map<string, Summary["pods"][number] & { part: string }>();
  for (const { metadata } of nodes.items) {
    const { pods: found } = await client.getRaw<Summary>(`/api/v1/nodes/${metadata.name}/proxy/stats/summary`);
    for (const pod of found) {
      const part = names.get(`${pod.podRef.namespace}/${pod.podRef.name}`);
      if (part !== undefined) pods.set(pod.podRef.name, { ...pod, part });
    }
  }
  return pods;
}

/** Name of a running pod -> program. */
async function programs(client: KubernetesClient): Promise<Map<string, string>> {
  const lists = await Promise.all(namespaces.map((namespace) => client.list(Pod, { namespace })));
  return new Map(
    lists
      .flatMap(({ items }) => items)
      .filter(({ status }) => status?.phase === "Running")
      .map(({ metadata }) => [
        `${metadata.namespace}/${metadata.name}`,
        metadata.labels?.["app.kubernetes.io/name"] ?? metadata.name,
      ]),
  );
}

/** All calls that the hook server has answered. */
export async function hookCalls(client: KubernetesClient): Promise<number> {
  const labelSelector = "app.kubernetes.io/name=octoplane-hooks";
  const { items } = await client.list(Pod, { namespace: "octoplane-system", labelSelector });
  const texts = await Promise.all(items.map(({ status }) => metrics(`http://${status?.podIP}:8081/metrics`)));
  return texts
    .flatMap((text) => [...text.matchAll(/^octoplane_hook_requests_total\{.*\} (\d+)$/gm)])
    .reduce((sum, [, count]) => sum + Number(count), 0);
}

async function metrics(url: string): Promise<string> {
  return (await fetch(url, { signal: AbortSignal.timeout(5_000) })).text();
}

const quietMs = 5_000;
const longestMs = 600_000;

/** Resolves with the moment of the last call, when there has been none for a while. */
export async function untilQuiet(client: KubernetesClient): Promise<number> {
  const end = performance.now() + longestMs;
  let lastAt = performance.now();
  let calls = await hookCalls(client);
  while (performance.now() - lastAt < quietMs) {
    if (performance.now() > end) throw new Error(`hooks are still called after ${longestMs / 1000} s`);
    await delay(200);
    const now = await hookCalls(client);
    if (now !== calls) lastAt = performance.now();
    calls = now;
  }
  return lastAt;
}
