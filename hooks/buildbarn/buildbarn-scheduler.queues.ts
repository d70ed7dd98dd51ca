/**
 * Queues that the scheduler knows before a worker announces them, so that actions wait for pools that start from zero.
 * A change restarts the scheduler, so only those are declared that need it.
 */

import type { BuildbarnWorker } from "../../api/buildbarn/buildbarn-worker.ts";
import { inOrder } from "../contract/order.ts";
import { isInstanceName } from "./instance-name.ts";
import { ownConfigMap } from "./kinds.ts";
import { instanceNamePrefixOf, type Property, platformOf, queueKey } from "./platform.ts";

export interface Queue {
  instanceNamePrefix: string;
  platform: Property[];
  sizeClasses: number[];
}

function mayBeEmpty({ spec }: BuildbarnWorker): boolean {
  return spec.replicas === 0 || spec.autoscaling?.minReplicas === 0 || spec.autoscaling?.mode === "External";
}

function sizesOf(pools: readonly BuildbarnWorker[]): number[] {
  return [...new Set(pools.map(({ spec }) => spec.sizeClass))].sort((a, b) => a - b);
}

/** 0 is for queues without sizes: beside others, the scheduler refuses to start with it. */
function sizeClassesOf(pools: readonly BuildbarnWorker[]): number[] {
  const sizes = sizesOf(pools);
  return sizes.length === 1 ? sizes : sizes.filter((size) => size > 0);
}

/** A queue with several size classes must be declared with all of them: the largest cannot change later. */
function isDeclared(pools: readonly BuildbarnWorker[]): boolean {
  return pools.some((pool) => pool.spec.predeclared || mayBeEmpty(pool)) || sizesOf(pools).length > 1;
}

/** Whether it is known what its workers announce; of configuration that is written by hand only a user can say so. */
function isKnown(pool: BuildbarnWorker): boolean {
  return isInstanceName(instanceNamePrefixOf(pool)) && (ownConfigMap(pool) === undefined || pool.spec.predeclared);
}

/** @param pools those of the scheduler */
export function queuesOf(pools: readonly BuildbarnWorker[]): Queue[] {
  const valid = pools.filter(isKnown);
  return [...Map.groupBy(valid, queueKey)]
    .sort(([a], [b]) => inOrder(a, b))
    .flatMap(([, members]) => {
      const [first] = members;
      if (first === undefined || !isDeclared(members)) return [];
      const sizeClasses = sizeClassesOf(members);
      return [{ instanceNamePrefix: instanceNamePrefixOf(first), platform: platformOf(first), sizeClasses }];
    });
}
