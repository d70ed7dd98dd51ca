/** What a kind's own rules keep out. */

import type { Kind } from "../../../api/kind.ts";
import type { KubernetesObject } from "../../../api/resource.ts";

/** Any object of a kind, with what the tests look at. */
export type Driven = KubernetesObject & { spec: Record<string, unknown>; status?: unknown };

export interface Refusal {
  what: string;
  kind: Kind;
  /** Path of what the rule is about; empty for the whole object. */
  field: string;
  message: string;
  /** What is stored before; without it, the wrong object is a new one. */
  before?: (sample: Driven) => Driven;
  wrong: (object: Driven) => Driven;
}

export const named = (name: string) => (object: Driven) => ({ ...object, metadata: { ...object.metadata, name } });
export const withSpec = (changes: object) => (object: Driven) => ({ ...object, spec: { ...object.spec, ...changes } });
