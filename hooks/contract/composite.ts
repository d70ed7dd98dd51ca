/**
 * A composite: one parent kind, the kinds of its children, and the pure functions that say what should exist. It is
 * declared once; routes, CompositeController manifests and the RBAC rules of children follow from it.
 */

import type { Kind } from "../../api/kind.ts";
import { apiVersionOf, type KubernetesObject, type Resource } from "../../api/resource.ts";
import type { Verdicts } from "./conditions.ts";
import type { Observed } from "./observed.ts";
import type { LabelSelector, RelatedRule } from "./wire.ts";

/** `OnDelete`: created and deleted, never changed. `InPlace`: changed whenever it differs. */
export type UpdateMethod = "InPlace" | "OnDelete";

export interface ChildRule {
  kind: Resource;
  update: UpdateMethod;
}

export interface Answer<Status> {
  /** Everything that should exist now; what is not listed is deleted. */
  children: readonly KubernetesObject[];
  /** Fields of the status beside conditions. */
  status: { [Field in keyof Status]?: Status[Field] | undefined };
  /** Verdicts by condition type; `Ready` is the summary and must be there. */
  conditions: Verdicts & { Ready: Verdicts[string] };
  /** Ask again after that many whole seconds even if nothing happens. */
  resyncAfterSeconds?: number | undefined;
}

/** The answer for a parent that is to end. */
export interface FinalAnswer<Status> extends Answer<Status> {
  /** Whether nothing is left to do: the parent may go now. Say it only of what was observed to be done. */
  finalized: boolean;
}

type StatusOf<T> = T extends { status?: infer S } ? NonNullable<S> : never;

export interface Composite<Parent extends KubernetesObject = KubernetesObject, Settings = unknown> {
  parent: Kind<Parent>;
  children: readonly ChildRule[];
  /** The objects beside its children that the hook wants to see. May depend on the parent only. */
  customize?(parent: Parent): RelatedRule[];
  /** Which kinds `customize` may name: the driver of the RBAC rules. */
  related?: readonly Resource[];
  sync(observed: Observed<Parent>, settings: Settings): Answer<StatusOf<Parent>>;
  /** Asked instead of `sync` while the parent is to end, until it says `finalized`. Without it nothing holds a parent. */
  finalize?(observed: Observed<Parent>, settings: Settings): FinalAnswer<StatusOf<Parent>>;
}

export function composite<Parent extends KubernetesObject, Settings>(
  definition: Composite<Parent, Settings>,
): Composite<Parent, Settings> {
  return definition;
}

/** The name of a composite's CompositeController and the path of its hooks. */
export function compositeName({ parent }: Pick<Composite, "parent">): string {
  return parent.kind.toLowerCase();
}

/** Related objects of one namespace. The namespace is always named: without it, v2 searches all of them. */
export function relatedIn(
  namespace: string,
  resource: Resource,
  which: { names: string[] } | { labelSelector: LabelSelector },
): RelatedRule {
  return { apiVersion: apiVersionOf(resource), resource: resource.plural, namespace, ...which };
}

/** Related objects of these names that lie in no namespace. */
export function relatedNamed(resource: Resource, names: string[]): RelatedRule {
  return { apiVersion: apiVersionOf(resource), resource: resource.plural, names };
}

/** Related objects of the whole cluster: of every namespace, or of none. */
export function relatedAnywhere(resource: Resource, labelSelector: LabelSelector): RelatedRule {
  return { apiVersion: apiVersionOf(resource), resource: resource.plural, labelSelector };
}
