/** Farms in the status: each component in a line. */

import type { Condition } from "../../api/status.ts";
import type { Component } from "../../hooks/buildbarn/kinds.ts";
import { conditionOf } from "../../hooks/contract/conditions.ts";
import { type ComponentName, componentName, type Farm } from "../buildbarn/farms.ts";

export interface ComponentStatus {
  component: ComponentName;
  name: string;
  ready: string;
  reason: string;
  /** What is wrong although pods may run. */
  degraded?: string;
  /** What is under way. */
  progressing?: string;
  pods: number;
  readyPods: number;
  version: string;
  /** Of a storage: shards that clients know. */
  shards?: number;
  /** Of a pool: actions that its ready pods run at a time. */
  concurrency?: number;
  /** Of a browser. */
  url?: string;
}

export interface FarmStatus {
  namespace: string;
  components: ComponentStatus[];
}

export function farmStatus({ namespace, components }: Farm): FarmStatus {
  return { namespace, components: components.map(componentStatus) };
}

function componentStatus(component: Component): ComponentStatus {
  const { metadata, spec, status } = component;
  const ready = conditionOf(component, "Ready");
  return {
    component: componentName(component),
    name: metadata.name,
    ready: ready?.status ?? "Unknown",
    reason: ready?.reason ?? "NotSeen",
    ...reasonIfTrue("degraded", conditionOf(component, "Degraded")),
    ...reasonIfTrue("progressing", conditionOf(component, "Progressing")),
    pods: status?.replicas ?? 0,
    readyPods: status?.readyReplicas ?? 0,
    version: spec.version,
    ...factOf(component),
  };
}

function reasonIfTrue(key: "degraded" | "progressing", condition: Condition | undefined) {
  return condition?.status === "True" ? { [key]: condition.reason } : {};
}

function factOf(component: Component): Partial<ComponentStatus> {
  switch (component.kind) {
    case "BuildbarnStorage":
      return { shards: component.status?.shardMap?.shards ?? 0 };
    case "BuildbarnWorker":
      return { concurrency: component.status?.concurrency ?? 0 };
    case "BuildbarnBrowser":
      return component.status?.url === undefined ? {} : { url: component.status.url };
    default:
      return {};
  }
}
