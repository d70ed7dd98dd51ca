/** The children that a hook asked for, completed and checked. Any doubt refuses the whole answer: nothing is written. */

import { apiVersionOf, type KubernetesObject } from "../../api/resource.ts";
import type { ChildRule, Definition } from "./definition.ts";
import { type AnyObject, describe, isRecord, type JsonRecord } from "./json.ts";
import { groupKey, groupKeyOf, idOf } from "./keys.ts";
import { type LabelSelector, matches } from "./selector.ts";

/** By group key, then by object id. */
export type ObjectMap<T = AnyObject> = Map<string, Map<string, T>>;

export const uidLabel = "controller-uid";

/** Of two children with the same kind and name the last one counts. */
export function desiredChildren(
  definition: Definition,
  parent: KubernetesObject,
  children: JsonRecord[],
  selector: LabelSelector,
): ObjectMap {
  const result: ObjectMap = new Map(definition.children.map(({ resource }) => [groupKey(resource), new Map()]));
  children.forEach((entry, index) => {
    const child = completed(definition, parent, identified(definition, parent, entry, `children[${index}]`));
    if (!matches(selector, child.metadata.labels)) {
      throw new Error(`labels on desired child ${describe(child)} don't match parent selector`);
    }
    result.get(groupKeyOf(child))?.set(idOf(child), child);
  });
  return result;
}

/** Refuses what Metacontroller would create again and again, or never see again. */
function identified(definition: Definition, parent: KubernetesObject, entry: JsonRecord, path: string): AnyObject {
  const child = named(entry, path);
  const rule = declared(definition.children, child, path);
  const { namespace } = child.metadata;
  const scope = parent.metadata.namespace;
  if (!rule.resource.namespaced) {
    if (scope !== undefined)
      throw new Error(`${path}: a namespaced parent cannot own ${describe(child)}, which has no namespace`);
    if (namespace !== undefined)
      throw new Error(`${path}: ${child.kind} has no namespace, but metadata.namespace is ${namespace}`);
  } else if (scope === undefined && !namespace) {
    throw new Error(
      `${path}: metadata.namespace of ${describe(child)} is missing: its parent has no namespace to inherit`,
    );
  } else if (scope !== undefined && namespace && namespace !== scope) {
    throw new Error(
      `${path}: ${describe(child)} must be in its parent's namespace ${scope}: owners cannot be elsewhere`,
    );
  }
  return child;
}

function named(entry: JsonRecord, path: string): AnyObject {
  const { apiVersion, metadata } = entry;
  if (typeof apiVersion !== "string" || apiVersion === "") throw new Error(`${path}.apiVersion is missing`);
  if (!isRecord(metadata) || typeof metadata.name !== "string" || metadata.name === "") {
    const generated = isRecord(metadata) && metadata.generateName !== undefined;
    const why = generated ? ": generateName makes a new object at every sync" : "";
    throw new Error(`${path}.metadata.name of a ${entry.kind} is missing${why}`);
  }
  return entry as AnyObject;
}

function declared(rules: ChildRule[], child: KubernetesObject, path: string): ChildRule {
  const rule = rules.find(({ resource }) => groupKey(resource) === groupKeyOf(child));
  if (rule !== undefined) return rule;
  const sameKind = rules.find(({ resource }) => resource.kind === child.kind);
  const hint = sameKind ? `; childResources declares ${apiVersionOf(sameKind.resource)}` : "";
  throw new Error(`${path}: ${child.apiVersion} ${child.kind} is not in childResources${hint}`);
}

function completed(definition: Definition, parent: KubernetesObject, child: AnyObject): AnyObject {
  const { metadata } = child;
  const namespace = metadata.namespace ?? parent.metadata.namespace;
  const uid = parent.metadata.uid ?? "";
  const labels = definition.generateSelector ? { [uidLabel]: uid, ...metadata.labels } : metadata.labels;
  return {
    ...child,
    metadata: {
      ...metadata,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
    },
  };
}
