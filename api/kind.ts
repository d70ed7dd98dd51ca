/** A custom resource kind: one definition from which type, CRD, validator and routes follow. */

import type { Static, TObject, TProperties } from "typebox";
import type { KubernetesObject, Resource } from "./resource.ts";
import { type Rule, struct } from "./schema.ts";
import { statusFields } from "./status.ts";

/** A column of `kubectl get`. */
export interface Column {
  name: string;
  type: "string" | "integer" | "date" | "boolean";
  jsonPath: string;
  /** 0 is always shown; 1 only with `-o wide`. Default 0. */
  priority?: number;
}

interface Definition<Spec extends TProperties, Status extends TProperties> {
  group: string;
  version: string;
  kind: string;
  plural: string;
  shortNames: readonly string[];
  /** What the kind is for; the first thing that `kubectl explain` prints. */
  description: string;
  spec: TObject<Spec>;
  /** Fields beside those that every kind has (`observedGeneration`, `conditions`, `pendingChildren`). */
  status: Status;
  /** Columns beside the summary and Age. */
  columns: readonly Column[];
  /** The first columns, where a kind has those of a system that it replaces. Default: Ready and Reason. */
  summaryColumns?: readonly Column[];
  /** Rules over the whole object, for example over its name. */
  rules?: readonly Rule[];
}

type CustomResource<Kind extends string, Spec, Status> = KubernetesObject & {
  kind: Kind;
  spec: Spec;
  status?: Status;
};

export interface Kind<T extends KubernetesObject = KubernetesObject> extends Resource<T> {
  readonly shortNames: readonly string[];
  readonly description: string;
  readonly spec: TObject;
  readonly status: TObject;
  readonly columns: readonly Column[];
  readonly rules: readonly Rule[];
}

const readyColumns: readonly Column[] = [
  { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
  { name: "Reason", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
];
const ageColumn: Column = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" };

/** Defines a namespaced kind that a hook drives: its status carries conditions. */
export function kind<const K extends string, Spec extends TProperties, Status extends TProperties>(
  definition: Definition<Spec, Status> & { kind: K },
): Kind<CustomResource<K, Static<TObject<Spec>>, Partial<Static<TObject<Status & typeof statusFields>>>>> {
  return {
    ...definition,
    namespaced: true,
    columns: [...(definition.summaryColumns ?? readyColumns), ...definition.columns, ageColumn],
    rules: definition.rules ?? [],
    status: struct("What was observed; written by Octoplane only.", { ...statusFields, ...definition.status }),
  };
}

/** Defines a namespaced kind that is only a record: nothing drives it, so it has no status. */
export function record<const K extends string, Spec extends TProperties>(
  definition: Omit<Definition<Spec, TProperties>, "status"> & { kind: K },
): Kind<CustomResource<K, Static<TObject<Spec>>, never>> {
  return {
    ...definition,
    namespaced: true,
    columns: [...definition.columns, ageColumn],
    rules: definition.rules ?? [],
    status: struct("A record has no status.", {}),
  };
}
