/** How a pool follows its queue. */

import type { BuildbarnWorker } from "../../api/buildbarn/buildbarn-worker.ts";
import { HorizontalPodAutoscaler } from "../../api/builtin.ts";
import { storedQuantity } from "../contract/quantity.ts";
import { childOf } from "../kube/object.ts";
import { labelsOf } from "./pods.ts";

/**
 * One pod for so many actions that wait or run; the metric comes from the scheduler's counters. None where its numbers
 * contradict each other: the pool keeps the pods that it has.
 */
export function autoscalerOf(worker: BuildbarnWorker): HorizontalPodAutoscaler | undefined {
  const { autoscaling, concurrency } = worker.spec;
  if (autoscaling?.mode !== "QueueLength") return undefined;

  const { name } = worker.metadata;
  if (autoscaling.minReplicas > autoscaling.maxReplicas) return undefined;
  const { minReplicas, maxReplicas, actionsPerReplica = concurrency, metricName, metricLabels } = autoscaling;
  const matchLabels = metricLabels ?? { pool: name };
  const averageValue = storedQuantity(actionsPerReplica);
  return childOf(worker, HorizontalPodAutoscaler, { name, labels: labelsOf(worker) }, {
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
      minReplicas,
      maxReplicas,
      metrics: [
        {
          type: "External",
          external: {
            metric: { name: metricName, selector: { matchLabels } },
            target: { type: "AverageValue", averageValue },
          },
        },
      ],
    },
  } as Omit<HorizontalPodAutoscaler, "apiVersion" | "kind" | "metadata">);
}
