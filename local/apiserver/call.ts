/** One call on a resource: what the client asked for, and the answer. */

import type { Body } from "./body.ts";
import type { DeleteOptions } from "./deletion.ts";
import type { Kind } from "./kind.ts";
import { fieldAt, isJsonObject } from "./object.ts";
import type { WriteOptions } from "./objects.ts";
import type { Route } from "./route.ts";
import { badRequest } from "./status.ts";
import type { IncludeObject } from "./table.ts";

export interface ResourceCall {
  readonly method: string;
  readonly kind: Kind;
  readonly route: Route;
  readonly query: URLSearchParams;
  /** The Accept header. */
  readonly accept: string | undefined;
  readonly body: Body;
}

export interface Answer {
  readonly code: number;
  readonly body: object;
  readonly warnings?: readonly string[];
}

export function includedObject({ query }: ResourceCall): IncludeObject {
  const wanted = query.get("includeObject");
  return wanted === "None" || wanted === "Object" ? wanted : "Metadata";
}

/** Throws 400 for what cannot be honoured. */
export function writeOptions({ query, route }: ResourceCall): WriteOptions {
  const validation = query.get("fieldValidation");
  return {
    subresource: route.subresource === "status" ? "status" : undefined,
    dryRun: isDryRun(query.getAll("dryRun")),
    fieldValidation: validation === "Strict" || validation === "Ignore" ? validation : "Warn",
  };
}

const propagationPolicies = ["Background", "Foreground", "Orphan"] as const;

/** From the body or, for clients without one, from the query. Throws 400 for what cannot be honoured. */
export function deleteOptions({ body, query }: ResourceCall): DeleteOptions {
  const options = isJsonObject(body.content) ? body.content : {};
  const wanted = options.propagationPolicy ?? query.get("propagationPolicy") ?? undefined;
  const propagationPolicy = propagationPolicies.find((policy) => policy === wanted);
  if (wanted !== undefined && propagationPolicy === undefined) {
    throw badRequest(`propagationPolicy ${JSON.stringify(wanted)} is none of ${propagationPolicies.join(", ")}`);
  }
  return {
    propagationPolicy: propagationPolicy ?? (options.orphanDependents === true ? "Orphan" : undefined),
    uid: text(fieldAt(options, "preconditions", "uid")),
    resourceVersion: text(fieldAt(options, "preconditions", "resourceVersion")),
    dryRun: isDryRun(options.dryRun) || isDryRun(query.getAll("dryRun")),
  };
}

function isDryRun(wanted: unknown): boolean {
  const values = Array.isArray(wanted) ? wanted : [];
  if (values.some((value) => value !== "All")) {
    throw badRequest(`dryRun: Unsupported value: ${JSON.stringify(values)}: supported values: "All"`);
  }
  return values.length > 0;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** A whole number from the query; throws 400 for anything else. */
export function queryNumber(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (!value) return undefined;
  if (!/^\d+$/.test(value)) throw badRequest(`${name}: Invalid value: ${JSON.stringify(value)}: must be a number`);
  return Number(value);
}

export function isQuerySet(query: URLSearchParams, name: string): boolean {
  return ["true", "1"].includes(query.get(name) ?? "");
}
