/** Rules of a customize hook: which objects outside its children a parent wants to see. Pure. */

import type { KubernetesObject, Resource } from "../../api/resource.ts";
import type { Discovery } from "./discovery.ts";
import type { JsonRecord } from "./json.ts";
import type { HookVersion } from "./keys.ts";
import { asSelector, type LabelSelector, matches } from "./selector.ts";

export interface RelatedRule {
  resource: Resource;
  /** All namespaces when undefined. */
  namespace: string | undefined;
  names: string[] | undefined;
  labelSelector: LabelSelector | undefined;
  namespaceSelector: LabelSelector | undefined;
}

const ruleFields = ["apiVersion", "resource", "names", "namespace", "labelSelector", "namespaceSelector"];

/** Throws an error for users that names the field. */
export async function relatedRule(
  entry: JsonRecord,
  path: string,
  version: HookVersion,
  parent: KubernetesObject,
  discovery: Discovery,
): Promise<RelatedRule> {
  const shape = ruleShape(entry, path, version);
  const found = await discovery.find(shape.apiVersion, shape.plural);
  if (found === undefined)
    throw new Error(`${path}: can't find resource ${shape.plural} in apiVersion ${shape.apiVersion}`);
  const { hasStatus: _, ...resource } = found;
  if (shape.namespaceSelector && !resource.namespaced)
    throw new Error(`${path}: ${shape.plural} have no namespace to select`);

  const home = version === "v1" ? parent.metadata.namespace : undefined;
  if (home !== undefined && shape.namespaceSelector) throw new Error(`${path}: namespaceSelector needs version v2`);
  if (home !== undefined && shape.namespace !== undefined && shape.namespace !== home) {
    throw new Error(`${path}: namespace ${shape.namespace} is not the parent's: that needs version v2`);
  }
  const namespace = resource.namespaced ? (shape.namespace ?? home) : undefined;
  const { names, labelSelector, namespaceSelector } = shape;
  return { resource, namespace, names, labelSelector, namespaceSelector };
}

function ruleShape(entry: JsonRecord, path: string, version: HookVersion) {
  const unknown = Object.keys(entry).find((field) => !ruleFields.includes(field));
  if (version === "v2" && unknown !== undefined) throw new Error(`${path}.${unknown} is unknown`);
  const { apiVersion, resource: plural, namespace } = entry;
  if (typeof apiVersion !== "string" || typeof plural !== "string")
    throw new Error(`${path} needs apiVersion and resource`);
  const names = nonEmpty(entry.names);
  const labelSelector = asSelector(entry.labelSelector);
  const namespaceSelector = asSelector(entry.namespaceSelector);
  if (names && (labelSelector || namespaceSelector)) throw new Error(`${path} has both names and a selector`);
  if (namespace && namespaceSelector) throw new Error(`${path} has both namespace and namespaceSelector`);
  return {
    apiVersion,
    plural,
    namespace: namespace ? String(namespace) : undefined,
    names,
    labelSelector,
    namespaceSelector,
  };
}

function nonEmpty(names: unknown): string[] | undefined {
  return Array.isArray(names) && names.length > 0 ? names.map(String) : undefined;
}

/** `namespaceLabels` are those of the object's namespace. A rule with neither names nor selectors matches all. */
export function isRelated(
  rule: RelatedRule,
  object: KubernetesObject,
  namespaceLabels: (name: string) => Record<string, string>,
) {
  const { namespace = "", name, labels } = object.metadata;
  if (rule.namespace !== undefined && rule.namespace !== namespace) return false;
  if (rule.names !== undefined) return rule.names.includes(name);
  if (rule.namespaceSelector !== undefined && !matches(rule.namespaceSelector, namespaceLabels(namespace)))
    return false;
  return matches(rule.labelSelector ?? {}, labels);
}
