/** The pods of the account's Deployment: a rolling update, step by step. */

import { Deployment } from "../../api/builtin.ts";
import { contentAnnotation } from "../../hooks/workers/worker-bundle.deployment.ts";
import { keyOf, writeStatus } from "./cluster.ts";
import { objectsOf, type Platform, type Pod } from "./platform.ts";

export function contentOf(deployment: Deployment): string {
  return deployment.spec?.template.metadata?.annotations?.[contentAnnotation] ?? "";
}

/** One step of a rolling update: a pod more, or ready, or told to stop, or gone. */
function roll(pods: readonly Pod[], content: string): Pod[] {
  const living = pods.filter(({ isTerminating }) => !isTerminating);
  const [current] = living.filter((pod) => pod.content === content);
  if (current === undefined) return [...pods, { content, isReady: false, isTerminating: false }];
  if (!current.isReady) return pods.map((pod) => (pod === current ? { ...pod, isReady: true } : pod));
  const old = living.find((pod) => pod !== current);
  if (old !== undefined)
    return pods.map((pod) => (pod === old ? { ...pod, isReady: false, isTerminating: true } : pod));
  return living;
}

export function rollPods(platform: Platform): void {
  const [deployment] = objectsOf(platform, Deployment);
  if (deployment === undefined) {
    platform.pods = [];
    return;
  }
  const content = contentOf(deployment);
  platform.pods = roll(platform.pods, content);
  const living = platform.pods.filter(({ isTerminating }) => !isTerminating);
  const ready = living.filter(({ isReady }) => isReady).length;
  writeStatus(platform.cluster, keyOf(deployment as never), {
    observedGeneration: deployment.metadata.generation,
    replicas: living.length,
    updatedReplicas: living.filter((pod) => pod.content === content).length,
    readyReplicas: ready,
    availableReplicas: ready,
    terminatingReplicas: platform.pods.length - living.length,
  });
}
