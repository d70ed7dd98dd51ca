/**
 * The configuration of a farm's programs: what their pods read or, while the storage has no shards that are ready, what
 * they will read then.
 */

import { ConfigMap } from "../../api/builtin.ts";
import type { KubernetesObject } from "../../api/resource.ts";
import { buildbarnComposites } from "../../hooks/buildbarn/composites.ts";
import { type Component, ownConfigMap, type Settings } from "../../hooks/buildbarn/kinds.ts";
import type { Composite } from "../../hooks/contract/composite.ts";
import { observe } from "../../hooks/contract/observed.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { visible } from "../installation-settings.ts";
import type { Farm } from "./farms.ts";

export interface ComponentConfig {
  kind: string;
  namespace: string;
  name: string;
  /** Name of the ConfigMap; none where nothing can be said yet. */
  configMap?: string;
  /** `Used`: pods read it. `Expected`: they will, once the storage is ready. `None`: `message` says why. */
  state: "Used" | "Expected" | "None";
  message?: string;
  /** By name; Jsonnet text. */
  files: Record<string, string>;
}

export async function configOf(
  client: KubernetesClient,
  component: Component,
  farm: Farm,
  settings: Settings,
): Promise<ComponentConfig> {
  const { name, namespace = "" } = component.metadata;
  const common = { kind: component.kind, namespace, name };
  const used = component.status?.configMap ?? ownConfigMap(component);
  const stored =
    used === undefined ? undefined : await visible(client.get(ConfigMap, { namespace, name: used }), undefined);
  if (stored !== undefined) {
    return { ...common, configMap: stored.metadata.name, state: "Used", files: stored.data ?? {} };
  }
  return { ...common, ...expected(component, farm, settings) };
}

/** What the hook itself would say if every shard were ready and had heard of everybody. */
function expected(
  component: Component,
  { components }: Farm,
  settings: Settings,
): Pick<ComponentConfig, "configMap" | "state" | "message" | "files"> {
  const composite = buildbarnComposites.find(({ parent }) => parent.kind === component.kind) as unknown as Composite;
  const related = Object.fromEntries(components.map((each, index) => [index, withShards(each, components)]));
  const request = { parent: component, children: {}, related: { farm: related }, finalizing: false };
  const { children, conditions } = composite.sync(observe(request, new Date(0).toISOString()), settings);
  const map = children.find((child): child is ConfigMap => child.kind === ConfigMap.kind);
  if (map !== undefined) return { configMap: map.metadata.name, state: "Expected", files: map.data ?? {} };
  return { state: "None", message: conditions.Ready.message, files: {} };
}

function withShards(component: Component, all: readonly Component[]): KubernetesObject {
  if (component.kind !== "BuildbarnStorage" || (component.status?.shardMap?.shards ?? 0) > 0) return component;
  const clients = all.map(({ metadata: { uid = "", generation = 1 } }) => ({ uid, generation }));
  const shardMap = { revision: 1, shards: component.spec.replicas, clients };
  return { ...component, status: { ...component.status, shardMap } } as KubernetesObject;
}
