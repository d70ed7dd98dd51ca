/** How one kind is served: everything in which the kinds differ, built-in and custom alike. */

import { apiVersionOf, type Resource } from "../../api/resource.ts";
import type { ApiObject } from "./object.ts";
import type { StatusCause } from "./status.ts";

/** A column of `kubectl get`; `priority` above 0 shows only with `-o wide`. */
export interface Column {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "boolean" | "date";
  readonly description?: string | undefined;
  readonly priority?: number | undefined;
  cell(object: ApiObject): unknown;
}

export interface Kind {
  readonly resource: Resource;
  readonly listKind: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** A resource whose lists are always empty: nothing can be written. */
  readonly readOnly: boolean;
  readonly hasStatus: boolean;
  readonly hasScale: boolean;
  /** What `metadata.generation` counts the changes of, if it is there: what is wanted, for some with annotations. */
  readonly generation: "none" | "desire" | "desire and annotations";
  /** Real API servers demand a resourceVersion to replace objects of some kinds, custom resources among them. */
  readonly needsVersionToReplace: boolean;
  readonly nameRule: NameRule;
  readonly custom: boolean;
  readonly columns: readonly Column[];
  /** The OpenAPI schema, for `kubectl explain`; built-ins have none. */
  readonly schema?: object | undefined;
  /** Brings an object into the form in which it is stored; returns the paths of fields that nobody knows. */
  normalize(object: ApiObject, previous?: ApiObject): string[];
  /** What is wrong with a normalized object; `previous` is what it replaces. */
  validate(object: ApiObject, previous?: ApiObject): StatusCause[];
}

export type NameRule = "subdomain" | "label" | "service" | "path";

/** What the store calls a resource, whatever the version: `workeraccounts.api.cf-worker`. */
export function storageName({ group, plural }: Pick<Resource, "group" | "plural">): string {
  return group === "" ? plural : `${plural}.${group}`;
}

/** Objects are stored once and answered in the version that was asked for. */
export function inVersion(kind: Kind, object: ApiObject): ApiObject {
  const { apiVersion: _version, kind: _kind, metadata, ...rest } = object;
  return { apiVersion: apiVersionOf(kind.resource), kind: kind.resource.kind, metadata, ...rest };
}
