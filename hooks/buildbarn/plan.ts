/**
 * What a component's pods are made of, beside its own resource: their ConfigMap, and what follows from siblings. It is
 * written down on the workload, so that pods stay as they are when a sibling is gone or nothing can be decided.
 */

import { ConfigMap } from "../../api/builtin.ts";
import { no, type Verdict } from "../contract/conditions.ts";
import { keep } from "../contract/keep.ts";
import { canonicalJson, childName, contentHash } from "../contract/names.ts";
import type { Observed } from "../contract/observed.ts";
import { childOf } from "../kube/object.ts";
import type { Workload } from "../kube/rollout.ts";
import { instanceNameInvalid } from "./instance-name.ts";
import { type Config, jsonnet, patched } from "./jsonnet.ts";
import { type Component, ownConfigMap } from "./kinds.ts";
import type { Secrets } from "./trust.ts";
import { invalidSpec } from "./validation.ts";

/** On a workload: the Ingredients, as JSON. */
export const ingredientsAnnotation = "octoplane.io/ingredients";

export interface Ingredients {
  configMap: string;
  /** Of a ConfigMap that is written by hand: a change rolls the pods. */
  configHash?: string;
  /** The shard map that the configuration names. */
  storage?: { name: string; revision: number; shards: number };
  /** Seconds that a pod has to finish what it has begun. */
  graceSeconds?: number;
  secrets?: Secrets;
}

/** Generated configuration: files by key, and what else follows from siblings. */
export interface Generated {
  files: Record<string, Config>;
  ingredients: Omit<Ingredients, "configMap" | "configHash">;
}

/** What pods are to be made of. */
export interface Plan {
  ingredients: Ingredients;
  configMaps: ConfigMap[];
  /** Why the ingredients are not what the user wants. */
  problem?: Verdict;
}

/** There is nothing yet that pods could be made of. */
export interface NoPlan {
  ingredients?: undefined;
  problem: Verdict;
}

interface PlanOptions {
  /** The stored Deployment or StatefulSet. */
  workload: Workload | undefined;
  /** Keys that the programs read. */
  keys: readonly string[];
  generate: () => Generated | Verdict;
}

export function isVerdict(value: object): value is Verdict {
  return "reason" in value && "status" in value;
}

export function planOf(observed: Observed<Component>, options: PlanOptions): Plan | NoPlan {
  const invalid = invalidSpec(observed.parent);
  if (invalid !== undefined) return keptPlan(observed, options.workload, invalid);
  const name = ownConfigMap(observed.parent);
  if (name !== undefined) return manualPlan(observed, name, options);
  const generated = instanceNameInvalid(observed.parent) ?? options.generate();
  return isVerdict(generated) ? keptPlan(observed, options.workload, generated) : generatedPlan(observed, generated);
}

export function ingredientsOf(workload: Workload | undefined): Ingredients | undefined {
  const text = workload?.metadata.annotations?.[ingredientsAnnotation];
  return text === undefined ? undefined : (JSON.parse(text) as Ingredients);
}

export function ingredientsText(ingredients: Ingredients): string {
  return canonicalJson(ingredients);
}

function keptPlan({ children }: Observed<Component>, workload: Workload | undefined, problem: Verdict): Plan | NoPlan {
  const ingredients = ingredientsOf(workload);
  return ingredients === undefined
    ? { problem }
    : { ingredients, configMaps: children.all(ConfigMap).map(keep), problem };
}

function isJsonnet(key: string): boolean {
  return key.endsWith(".libsonnet");
}

/** Files that a program may read: its own, and those that any file may import. */
function readable({ data = {} }: ConfigMap, keys: readonly string[]): [string, string][] {
  return Object.entries(data).filter(([key]) => keys.includes(key) || isJsonnet(key));
}

/** Pods that were made before may still read generated configuration. */
function manualPlan(observed: Observed<Component>, name: string, { workload, keys }: PlanOptions): Plan | NoPlan {
  const map = observed.related.get(ConfigMap, name);
  if (map === undefined) {
    return keptPlan(observed, workload, no("ConfigMissing", `spec.configMapName: there is no ConfigMap ${name}`));
  }
  const missing = keys.filter((key) => map.data?.[key] === undefined);
  if (missing.length > 0) {
    const problem = no("ConfigMissing", `spec.configMapName: ConfigMap ${name} lacks ${missing.join(", ")}`);
    return keptPlan(observed, workload, problem);
  }
  const configHash = contentHash(readable(map, keys));
  return { ingredients: { configMap: name, configHash }, configMaps: observed.children.all(ConfigMap).map(keep) };
}

/** The resource's name is part of the ConfigMap's, so that a listing reads well. */
function generatedPlan({ parent, children }: Observed<Component>, { files, ingredients }: Generated): Plan {
  const data = Object.fromEntries(Object.entries(files).map(([key, config]) => [key, `${jsonnet(config)}\n`]));
  const component = parent.kind.replace("Buildbarn", "").toLowerCase();
  const name = childName([parent.metadata.name, component, contentHash(data)]);
  const current = childOf(
    parent,
    ConfigMap,
    { name, labels: { app: component, component: parent.metadata.name } },
    { data, immutable: true },
  );
  const former = children.all(ConfigMap).filter(({ metadata }) => metadata.name !== name);
  return { ingredients: { configMap: name, ...ingredients }, configMaps: [current, ...former.map(keep)] };
}

/** The ConfigMaps that somebody may still read: with every pod made of the present ingredients, one. */
export function neededConfigMaps({ configMaps, ingredients }: Plan, isSettled: boolean): ConfigMap[] {
  if (!isSettled) return configMaps;
  return configMaps.filter(({ metadata }) => metadata.name === ingredients.configMap);
}

export function overridden(config: Config, overrides: unknown): Config {
  return overrides === undefined ? config : patched(config, overrides);
}
