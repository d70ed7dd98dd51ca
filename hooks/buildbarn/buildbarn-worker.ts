/**
 * BuildbarnWorker: a pool of workers that run the actions of one platform. Pods that are to stop finish what they have
 * begun; the scheduler of the pool says how long that may take.
 */

import { BuildbarnWorker } from "../../api/buildbarn/buildbarn-worker.ts";
import { configKeys } from "../../api/buildbarn/names.ts";
import { HorizontalPodAutoscaler, PodDisruptionBudget } from "../../api/builtin.ts";
import { composite } from "../contract/composite.ts";
import { no, type Verdict } from "../contract/conditions.ts";
import type { ObjectSet } from "../contract/observed.ts";
import { autoscalerOf } from "./buildbarn-worker.autoscaler.ts";
import { generatedWorker } from "./buildbarn-worker.config.ts";
import { workerDeployment } from "./buildbarn-worker.deployment.ts";
import { clientChildren, syncClient } from "./client.ts";
import { farmOf, related } from "./discovery.ts";
import { graceOf } from "./grace.ts";
import { ownConfigMap, type Settings } from "./kinds.ts";
import { disruptionBudgetOf } from "./network.ts";
import { platformOf, queueKey, runnerImageOf } from "./platform.ts";
import { schedulerFor } from "./siblings.ts";

export const buildbarnWorker = composite<BuildbarnWorker, Settings>({
  parent: BuildbarnWorker,
  children: [
    ...clientChildren,
    { kind: PodDisruptionBudget, update: "InPlace" },
    { kind: HorizontalPodAutoscaler, update: "InPlace" },
  ],
  related,
  customize: farmOf,

  sync(observed, settings) {
    const { parent } = observed;
    const { instance } = parent.spec;
    const answer = syncClient(observed, settings, {
      keys: [configKeys.worker(instance), configKeys.runner(instance)],
      generate: () => generatedWorker(parent, observed.related, settings),
      deployment: (ingredients, stored) => {
        const graceSeconds = ingredients.graceSeconds ?? graceOf(parent, observed.related);
        return workerDeployment(parent, { ingredients, stored, graceSeconds });
      },
      others: [disruptionBudgetOf(parent), autoscalerOf(parent)],
      complaints: [platformConflict(parent, observed.related), sizeMissing(parent, observed.related)],
    });
    return { ...answer, status: { ...answer.status, ...poolStatus(parent, observed.related, answer.status) } };
  },
});

/** What only generated configuration knows: a pool whose configuration is written by hand says nothing of it. */
function poolStatus(
  worker: BuildbarnWorker,
  related: ObjectSet,
  { readyReplicas = 0 }: { readyReplicas?: number | undefined },
) {
  if (ownConfigMap(worker) !== undefined) return {};
  const { schedulerRef, sizeClass, concurrency } = worker.spec;
  return {
    scheduler: schedulerFor(schedulerRef, related).object?.metadata.name,
    platform: platformOf(worker),
    sizeClass,
    concurrency: concurrency * readyReplicas,
  };
}

/** Pools whose actions wait in the same queue, as far as that is known. */
function rivalsOf(worker: BuildbarnWorker, related: ObjectSet): BuildbarnWorker[] {
  const bound = (pool: BuildbarnWorker) => schedulerFor(pool.spec.schedulerRef, related).object?.metadata.name;
  return related
    .all(BuildbarnWorker)
    .filter((other) => ownConfigMap(other) === undefined && ownConfigMap(worker) === undefined)
    .filter((other) => bound(other) === bound(worker) && queueKey(other) === queueKey(worker));
}

/** The scheduler takes no worker without a size into a queue that has sizes. */
function sizeMissing(worker: BuildbarnWorker, related: ObjectSet): Verdict | undefined {
  const sized = rivalsOf(worker, related).find(({ spec }) => spec.sizeClass > 0);
  if (worker.spec.sizeClass > 0 || sized === undefined) return undefined;
  const message = `spec.sizeClass must be set: BuildbarnWorker ${sized.metadata.name} has the same spec.platform with one`;
  return no("PlatformConflict", `${message}, and the scheduler gives no actions to a pool without`);
}

/** Actions of one queue would run in this image or in that one, as it happens. */
function platformConflict(worker: BuildbarnWorker, related: ObjectSet): Verdict | undefined {
  const rival = rivalsOf(worker, related)
    .filter(({ spec }) => spec.sizeClass === worker.spec.sizeClass)
    .find((other) => runnerImageOf(other) !== runnerImageOf(worker));
  if (rival === undefined) return undefined;
  const message = `BuildbarnWorker ${rival.metadata.name} has the same spec.platform with another spec.runnerImage`;
  return no("PlatformConflict", `${message}: actions would run in either`);
}
