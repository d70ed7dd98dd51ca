/** How resources of a farm find each other: by an explicit reference, or because there is only one. Never by a guess. */

import { ConfigMap } from "../../api/builtin.ts";
import type { KubernetesObject, Resource } from "../../api/resource.ts";
import { relatedIn } from "../contract/composite.ts";
import { no, type Verdict } from "../contract/conditions.ts";
import type { ObjectSet } from "../contract/observed.ts";
import type { RelatedRule } from "../contract/wire.ts";
import { byAge } from "../kube/object.ts";
import { type Component, componentsIn, farmKinds, ownConfigMap, titleOf } from "./kinds.ts";
import { invalidName } from "./validation.ts";

/** What every hook of the family looks at: the farm in its namespace, and its ConfigMap where that is written by hand. */
export const related: readonly Resource[] = [...farmKinds, ConfigMap];

export function farmOf(parent: Component): RelatedRule[] {
  const { namespace = "" } = parent.metadata;
  const name = ownConfigMap(parent);
  return [
    ...farmKinds.map((kind) => relatedIn(namespace, kind as Resource, { labelSelector: {} })),
    ...(name === undefined ? [] : [relatedIn(namespace, ConfigMap, { names: [name] })]),
  ];
}

/** What was looked for; or why it was not found; or neither, where there is none and none is needed. */
export interface Found<T> {
  object?: T;
  problem?: Verdict;
}

interface Wanted<T extends KubernetesObject> {
  kind: Resource<T>;
  /** The field that may name it. */
  field: string;
  reference: { name: string } | undefined;
  /** Whether the farm works without one. */
  isOptional?: boolean;
}

const reasonIfMissing = { Storage: "StorageMissing", Scheduler: "SchedulerMissing", Browser: "BrowserMissing" };
const reasonIfMany = { Storage: "StorageAmbiguous", Scheduler: "SchedulerAmbiguous", Browser: "BrowserAmbiguous" };

type Named = keyof typeof reasonIfMissing;

/** `Storage` of `BuildbarnStorage`. */
function shortName({ kind }: Resource): Named {
  return kind.replace("Buildbarn", "") as Named;
}

export function find<T extends KubernetesObject>(related: ObjectSet, wanted: Wanted<T>): Found<T> {
  const { kind, field, reference, isOptional = false } = wanted;
  const what = shortName(kind);
  if (reference !== undefined) {
    const object = related.get(kind, reference.name);
    if (object !== undefined) return { object };
    return { problem: no(reasonIfMissing[what], `spec.${field}.name: there is no ${kind.kind} ${reference.name}`) };
  }

  const [object, ...others] = related.all(kind);
  if (object === undefined) {
    return isOptional ? {} : { problem: no(reasonIfMissing[what], `there is no ${kind.kind} in the namespace`) };
  }
  if (others.length === 0) return { object };
  const names = [object, ...others].map(({ metadata }) => metadata.name).join(", ");
  return { problem: no(reasonIfMany[what], `spec.${field} must name one of ${names}: there is more than one`) };
}

/** Why a resource may have no children under its name. */
export function nameRefusal(parent: Component, related: ObjectSet): Verdict | undefined {
  return invalidName(parent) ?? nameConflict(parent, related);
}

/**
 * Children have the name of their resource, as in the original, so that two kinds cannot share one. The older resource
 * has it.
 */
function nameConflict(parent: Component, related: ObjectSet): Verdict | undefined {
  const namesakes = componentsIn(related).filter(
    ({ kind, metadata }) => kind !== parent.kind && metadata.name === parent.metadata.name,
  );
  const key = (component: Component) => ({
    ...component,
    metadata: { ...component.metadata, name: component.kind },
  });
  const [oldest] = [parent, ...namesakes].map(key).sort(byAge);
  if (oldest === undefined || oldest.kind === parent.kind) return undefined;
  const other = titleOf({ ...oldest, metadata: { ...oldest.metadata, name: parent.metadata.name } } as Component);
  return no("NameConflict", `metadata.name: ${other} has this name already, and its children are called like that`);
}
