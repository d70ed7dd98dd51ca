/** Structural schemas at work: unknown fields go, defaults come (as the apiextensions API of Kubernetes does it). */

import { isJsonObject, type JsonObject, ownsField } from "./object.ts";

/** The part of a JSON schema that a structural schema of a CRD may use. */
export interface Schema {
  type?: string;
  description?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  items?: Schema;
  default?: unknown;
  nullable?: boolean;
  required?: string[];
  "x-kubernetes-preserve-unknown-fields"?: boolean;
  "x-kubernetes-int-or-string"?: boolean;
  "x-kubernetes-embedded-resource"?: boolean;
  "x-kubernetes-list-type"?: "atomic" | "set" | "map";
  "x-kubernetes-list-map-keys"?: string[];
  "x-kubernetes-validations"?: { rule: string; message?: string; reason?: string }[];
  [keyword: string]: unknown;
}

/** What every object has, declared or not. */
const typeFields = new Set(["apiVersion", "kind", "metadata"]);

/** Removes what the schema does not know, in place, and returns the paths that were removed: `spec.list[0].foo`. */
export function prune(object: JsonObject, schema: Schema): string[] {
  const removed: string[] = [];
  pruneObject(object, schema, "", typeFields, removed);
  return removed;
}

function pruneValue(value: unknown, schema: Schema, path: string, removed: string[]): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) pruneValue(item, schema.items ?? {}, `${path}[${index}]`, removed);
  } else if (isJsonObject(value)) {
    const kept = schema["x-kubernetes-embedded-resource"] ? typeFields : new Set<string>();
    pruneObject(value, schema, path, kept, removed);
  }
}

function pruneObject(object: JsonObject, schema: Schema, path: string, kept: Set<string>, removed: string[]): void {
  for (const [name, value] of Object.entries(object)) {
    if (kept.has(name)) continue;
    const field = path === "" ? name : `${path}.${name}`;
    const declared = declaredAt(schema, name);
    if (declared !== undefined) {
      pruneValue(value, declared, field, removed);
    } else if (!keepsUnknown(schema)) {
      delete object[name];
      removed.push(field);
    }
  }
}

/** The schema of a field, `undefined` when the schema does not know the field. */
export function declaredAt({ properties = {}, additionalProperties }: Schema, name: string): Schema | undefined {
  if (ownsField(properties, name)) return properties[name];
  return isJsonObject(additionalProperties) ? (additionalProperties as Schema) : undefined;
}

function keepsUnknown(schema: Schema): boolean {
  return schema["x-kubernetes-preserve-unknown-fields"] === true || schema.additionalProperties === true;
}

/** Removes nulls where null is not allowed and no default takes their place, in place. Items of lists stay. */
export function dropNulls(value: unknown, schema: Schema): void {
  if (Array.isArray(value)) {
    for (const item of value) dropNulls(item, schema.items ?? {});
  } else if (isJsonObject(value)) {
    for (const name of Object.keys(value)) dropFieldNulls(value, name, declaredAt(schema, name));
  }
}

function dropFieldNulls(object: JsonObject, name: string, schema: Schema | undefined): void {
  if (schema === undefined) return;
  const takesNull = schema.nullable === true || schema.default !== undefined;
  if (object[name] === null && !takesNull) delete object[name];
  else dropNulls(object[name], schema);
}

/** Fills in defaults, in place. A null where null is not allowed gives way to the default, too. */
export function setDefaults(value: unknown, schema: Schema): void {
  if (Array.isArray(value)) {
    for (const item of value) setDefaults(item, schema.items ?? {});
  } else if (isJsonObject(value)) {
    setFieldDefaults(value, schema.properties ?? {});
    for (const [name, field] of Object.entries(value)) setDefaults(field, declaredAt(schema, name) ?? {});
  }
}

function setFieldDefaults(object: JsonObject, properties: Record<string, Schema>): void {
  for (const [name, schema] of Object.entries(properties)) {
    if (schema.default === undefined) continue;
    const isUnset = !ownsField(object, name) || (object[name] === null && schema.nullable !== true);
    if (isUnset) object[name] = structuredClone(schema.default);
  }
}
