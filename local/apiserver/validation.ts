/** Checks objects against the schema of their CRD with ajv and words what is wrong as the real API server does. */

import { isDeepStrictEqual } from "node:util";
import { Ajv, type ErrorObject } from "ajv";
import { invalidValue, notSupported, required, tooLong, tooMany, wrongType } from "./field-error.ts";
import { isJsonObject, type JsonObject, ownsField } from "./object.ts";
import type { StatusCause } from "./status.ts";
import type { Schema } from "./structural.ts";

export type Validator = (object: JsonObject, previous?: JsonObject) => StatusCause[];

const dateTime = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:?\d\d)$/;

const ajv = new Ajv({ allErrors: true, verbose: true, strict: false, logger: false, unicodeRegExp: false })
  .addFormat("int32", { type: "number", validate: (value: number) => value >= -(2 ** 31) && value < 2 ** 31 })
  .addFormat("int64", { type: "number", validate: (value: number) => Math.abs(value) <= 2 ** 63 })
  .addFormat("date-time", {
    type: "string",
    validate: (text: string) => dateTime.test(text) && !Number.isNaN(Date.parse(text)),
  })
  .addFormat("date", /^\d{4}-\d\d-\d\d$/)
  .addFormat("uuid", /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i)
  .addFormat("byte", /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/)
  .addFormat("uri", { type: "string", validate: (text: string) => URL.canParse(text) });

/** Throws when the schema is none. Formats other than those above are not checked, as in Kubernetes. */
export function validatorOf(schema: Schema): Validator {
  const check = ajv.compile(jsonSchema(schema));
  return (object, previous) => {
    if (check(object)) return [];
    return (check.errors ?? [])
      .filter((error) => !isFollowUp(error) && !isOldMistake(error, object, previous))
      .map((error) => causeOf(error, object));
  };
}

/** What differs between the schema of a CRD and a JSON schema. `metadata` is checked elsewhere. */
function jsonSchema(schema: Schema): JsonObject {
  const { metadata: _metadata, ...properties } = schema.properties ?? {};
  return convert({ ...schema, ...(schema.properties && { properties }) });
}

function convert(schema: Schema): JsonObject {
  const { properties, items, additionalProperties, allOf, anyOf, oneOf, not, default: _default, ...rest } = schema;
  return {
    ...withoutExtensions(rest),
    ...typeOf(schema),
    ...bounds(schema),
    ...(properties && { properties: convertAll(properties) }),
    ...(items && { items: convert(items) }),
    ...(additionalProperties !== undefined && {
      additionalProperties: isJsonObject(additionalProperties)
        ? convert(additionalProperties as Schema)
        : additionalProperties,
    }),
    ...combined({ allOf, anyOf, oneOf }),
    ...(isJsonObject(not) && { not: convert(not as Schema) }),
  };
}

function withoutExtensions(schema: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(schema).filter(
      ([keyword]) => !keyword.startsWith("x-") && keyword !== "nullable" && keyword !== "example",
    ),
  );
}

function typeOf(schema: Schema): JsonObject {
  const types = schema["x-kubernetes-int-or-string"] ? ["integer", "string"] : schema.type ? [schema.type] : [];
  if (types.length === 0) return {};
  return { type: schema.nullable ? [...types, "null"] : types.length === 1 ? types[0] : types };
}

/** OpenAPI 3.0 has `exclusiveMinimum: true` beside `minimum`; JSON schema has a number. */
function bounds(schema: Schema): JsonObject {
  const changed: JsonObject = {};
  for (const [exclusive, inclusive] of [
    ["exclusiveMinimum", "minimum"],
    ["exclusiveMaximum", "maximum"],
  ] as const) {
    if (!(exclusive in schema)) continue;
    changed[exclusive] = schema[exclusive] === true ? schema[inclusive] : undefined;
    if (schema[exclusive] === true) changed[inclusive] = undefined;
  }
  return changed;
}

function convertAll(schemas: Record<string, Schema>): JsonObject {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, convert(schema)]));
}

function combined(lists: Record<string, unknown>): JsonObject {
  return Object.fromEntries(
    Object.entries(lists).flatMap(([keyword, list]) =>
      Array.isArray(list) ? [[keyword, list.map((schema: Schema) => convert(schema))]] : [],
    ),
  );
}

/** Errors of the branches of `anyOf` and `oneOf` only repeat what the error of the whole says. */
function isFollowUp(error: ErrorObject): boolean {
  return /\/(anyOf|oneOf)\/\d+\//.test(error.schemaPath);
}

/** What was wrong before and has not changed is let through, so that a stricter schema does not lock old objects. */
function isOldMistake(error: ErrorObject, object: JsonObject, previous: JsonObject | undefined): boolean {
  if (previous === undefined) return false;
  const segments = segmentsOf(error);
  const before = valueAt(previous, segments);
  return before !== undefined && isDeepStrictEqual(before, valueAt(object, segments));
}

function segmentsOf(error: ErrorObject): string[] {
  return error.instancePath
    .split("/")
    .slice(1)
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function valueAt(value: unknown, segments: readonly string[]): unknown {
  return segments.reduce((parent: unknown, segment) => {
    const fields = parent as JsonObject;
    return typeof parent === "object" && parent !== null && ownsField(parent, segment) ? fields[segment] : undefined;
  }, value);
}

/** `spec.scripts[0].name` */
function pathOf(error: ErrorObject, object: JsonObject): string {
  const segments = segmentsOf(error);
  return segments.reduce((path, segment, index) => {
    if (Array.isArray(valueAt(object, segments.slice(0, index)))) return `${path}[${segment}]`;
    return path === "" ? segment : `${path}.${segment}`;
  }, "");
}

function causeOf(error: ErrorObject, object: JsonObject): StatusCause {
  const path = pathOf(error, object);
  return (causes[error.keyword] ?? otherwise)(path, error);
}

type Wording = (path: string, error: ErrorObject) => StatusCause;

/** `spec.replicas in body should be ...` */
function body(rule: (params: Record<string, unknown>) => string): Wording {
  return (path, { data, params }) => invalidValue(path, data, `${path} in body ${rule(params)}`);
}

const otherwise: Wording = (path, { data, message }) => invalidValue(path, data, `${path} in body ${message}`);

const causes: Record<string, Wording> = {
  required: (path, { params }) => {
    const name = String(params.missingProperty);
    return required(path === "" ? name : `${path}.${name}`);
  },
  type: (path, { data, params }) => {
    const actual = typeNameOf(data);
    const wanted = [params.type].flat().filter((type) => type !== "null");
    const text = wanted.length > 1 ? wanted.join(",") : String(wanted[0]);
    return wrongType(path, actual, `${path} in body must be of type ${text}: ${JSON.stringify(actual)}`);
  },
  enum: (path, { data, params }) => notSupported(path, data, params.allowedValues as unknown[]),
  format: (path, { data, params }) =>
    invalidValue(path, data, `${path} in body must be of type ${params.format}: ${JSON.stringify(data)}`),
  maxLength: (path, { params }) => tooLong(path, Number(params.limit)),
  maxItems: (path, { data, params }) => tooMany(path, (data as unknown[]).length, Number(params.limit)),
  maxProperties: (path, { data, params }) => tooMany(path, Object.keys(data as object).length, Number(params.limit)),
  minItems: (path, { data, params }) =>
    invalidValue(path, (data as unknown[]).length, `${path} in body should have at least ${params.limit} items`),
  minProperties: body(({ limit }) => `should have at least ${limit} properties`),
  minLength: body(({ limit }) => `should be at least ${limit} chars long`),
  pattern: body(({ pattern }) => `should match '${pattern}'`),
  minimum: body(({ limit }) => `should be greater than or equal to ${limit}`),
  maximum: body(({ limit }) => `should be less than or equal to ${limit}`),
  exclusiveMinimum: body(({ limit }) => `should be greater than ${limit}`),
  exclusiveMaximum: body(({ limit }) => `should be less than ${limit}`),
  multipleOf: body(({ multipleOf }) => `should be a multiple of ${multipleOf}`),
  uniqueItems: body(() => "shouldn't contain duplicates"),
  anyOf: body(() => "must validate at least one schema (anyOf)"),
  oneOf: body(() => "must validate one and only one schema (oneOf)"),
  not: body(() => "must not validate the schema (not)"),
};

function typeNameOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return Number.isInteger(value) ? "integer" : typeof value;
}
