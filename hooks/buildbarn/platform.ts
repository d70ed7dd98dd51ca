/** What the scheduler tells queues apart by: instance name prefix, platform, size class. */

import type { BuildbarnWorker } from "../../api/buildbarn/buildbarn-worker.ts";
import { canonicalJson } from "../contract/names.ts";
import { inOrder } from "../contract/order.ts";
import { versionOf } from "./kinds.ts";
import { imageOf } from "./pods.ts";

export interface Property {
  name: string;
  value: string;
}

function byNameAndValue(a: Property, b: Property): number {
  return inOrder(a.name, b.name) || inOrder(a.value, b.value);
}

export function runnerImageOf(worker: BuildbarnWorker): string {
  return imageOf(worker.spec.runnerImage, versionOf(worker).images.runner);
}

/** Sorted, each once: the scheduler refuses any other order. */
export function platformOf(worker: BuildbarnWorker): Property[] {
  const properties = worker.spec.platform ?? [
    { name: "OSFamily", value: "linux" },
    { name: "container-image", value: `docker://${runnerImageOf(worker)}` },
  ];
  return properties
    .map(({ name, value }) => ({ name, value }))
    .sort(byNameAndValue)
    .filter((property, index, all) => index === 0 || byNameAndValue(property, all[index - 1] as Property) !== 0);
}

export function instanceNamePrefixOf({ spec }: BuildbarnWorker): string {
  return spec.instanceNamePrefix ?? "";
}

/** Equal for pools whose actions wait in the same queue. */
export function queueKey(worker: BuildbarnWorker): string {
  return canonicalJson([instanceNamePrefixOf(worker), platformOf(worker)]);
}
