/** Rules of a schema that ajv cannot express: unique list items, and the one CEL rule that is evaluated here. */

import { isDeepStrictEqual } from "node:util";
import { duplicate, invalidValue } from "./field-error.ts";
import { isJsonObject } from "./object.ts";
import type { StatusCause } from "./status.ts";
import { declaredAt, type Schema } from "./structural.ts";

/**
 * `x-kubernetes-list-type: set | map` (no duplicates) and the transition rule `self == oldSelf` (immutable).
 * Other CEL rules are kept in the CRD and not evaluated.
 */
export function ruleProblems(value: unknown, previous: unknown, schema: Schema, path = ""): StatusCause[] {
  const problems = [...immutabilityProblems(value, previous, schema, path), ...duplicates(value, schema, path)];
  if (Array.isArray(value)) {
    const before = itemMatcher(previous, schema);
    const items = schema.items ?? {};
    return problems.concat(
      value.flatMap((item, index) => ruleProblems(item, before(item), items, `${path}[${index}]`)),
    );
  }
  if (!isJsonObject(value)) return problems;
  const old = isJsonObject(previous) ? previous : {};
  const children = Object.entries(value).flatMap(([name, field]) => {
    const declared = declaredAt(schema, name);
    const fieldPath = path === "" ? name : `${path}.${name}`;
    return declared === undefined ? [] : ruleProblems(field, old[name], declared, fieldPath);
  });
  return problems.concat(children);
}

function immutabilityProblems(value: unknown, previous: unknown, schema: Schema, path: string): StatusCause[] {
  if (previous === undefined || isDeepStrictEqual(value, previous)) return [];
  return (schema["x-kubernetes-validations"] ?? [])
    .filter(({ rule }) => /^\s*self\s*==\s*oldSelf\s*$/.test(rule))
    .map(({ rule, message = `failed rule: ${rule.trim()}` }) => brokenRule(path, value, message));
}

/** Plain values are shown, objects and lists are not. */
function brokenRule(field: string, value: unknown, message: string): StatusCause {
  if (typeof value !== "object") return invalidValue(field, value, message);
  return { reason: "FieldValueInvalid", message: `Invalid value: ${message}`, field };
}

function duplicates(value: unknown, schema: Schema, path: string): StatusCause[] {
  const listType = schema["x-kubernetes-list-type"];
  if (!Array.isArray(value) || (listType !== "set" && listType !== "map")) return [];
  const identities = value.map((item) => (listType === "set" ? item : mapKeys(item, schema)));
  const seen = new Set<string>();
  return identities.flatMap((identity, index) => {
    const text = JSON.stringify(identity);
    if (seen.has(text)) return [duplicate(`${path}[${index}]`, identity)];
    seen.add(text);
    return [];
  });
}

function mapKeys(item: unknown, schema: Schema): unknown {
  const fields = isJsonObject(item) ? item : {};
  return Object.fromEntries((schema["x-kubernetes-list-map-keys"] ?? []).map((key) => [key, fields[key]]));
}

/** Only items of a map list can be told apart; items of other lists have no past. */
function itemMatcher(previous: unknown, schema: Schema): (item: unknown) => unknown {
  if (!Array.isArray(previous) || schema["x-kubernetes-list-type"] !== "map") return () => undefined;
  const before = new Map(previous.map((item) => [JSON.stringify(mapKeys(item, schema)), item]));
  return (item) => before.get(JSON.stringify(mapKeys(item, schema)));
}
