/**
 * The words in which a kind is described. Each function makes a TypeBox schema, so that one definition gives the
 * TypeScript type, the CRD's OpenAPI schema and the validator. Only what a structural CRD schema allows can be said
 * (no const, anyOf or patternProperties), and nothing can be said without a description: `kubectl explain` prints it.
 */

import { type Static, type TObject, type TProperties, type TSchema, Type } from "typebox";

/** A CEL rule of `x-kubernetes-validations`. */
export interface Rule {
  rule: string;
  message: string;
}

/** The rule that a field never changes once it is set. */
export const immutable: Rule = { rule: "self == oldSelf", message: "is immutable" };

interface Common {
  rules?: Rule[];
}

interface TextOptions extends Common {
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  format?: "date-time";
  default?: string;
}

interface NumberOptions extends Common {
  minimum?: number;
  maximum?: number;
  default?: number;
}

interface ListOptions extends Common {
  minItems?: number;
  maxItems?: number;
}

interface StructOptions extends Common {
  /** `{}` makes the fields' own defaults hold where the whole is left out. */
  default?: Record<string, never>;
}

interface MapOptions {
  minProperties?: number;
  maxProperties?: number;
}

function withRules<O extends Common>({ rules, ...rest }: O) {
  return rules === undefined ? rest : { ...rest, "x-kubernetes-validations": rules };
}

export function text(description: string, options: TextOptions = {}) {
  return Type.String({ description, ...withRules(options) });
}

/** One of a fixed set of strings. */
export function choice<const T extends string>(description: string, values: readonly T[], fallback?: T) {
  return Type.Unsafe<T>({
    type: "string",
    description,
    enum: [...values],
    ...(fallback === undefined ? {} : { default: fallback }),
  });
}

/** An RFC 3339 time in whole seconds. */
export function time(description: string) {
  return Type.String({ description, format: "date-time" });
}

export function integer(description: string, options: NumberOptions = {}) {
  return Type.Integer({ description, format: "int32", ...withRules(options) });
}

/** A counter that may outgrow 32 bits: generations, sequences, sizes in bytes. */
export function long(description: string, options: NumberOptions = {}) {
  return Type.Integer({ description, format: "int64", ...withRules(options) });
}

interface QuantityOptions {
  pattern: string;
  maxLength: number;
  default?: string;
}

/** A number or a text, as YAML has it: `cpu: 2` and `cpu: "2"` are the same. Patterns and lengths are for texts. */
export function numberOrText(description: string, options: QuantityOptions) {
  return Type.Unsafe<number | string>({ description, "x-kubernetes-int-or-string": true, minimum: 0, ...options });
}

export function flag(description: string, fallback?: boolean) {
  return Type.Boolean({ description, ...(fallback === undefined ? {} : { default: fallback }) });
}

/** Any JSON value, kept as it is. */
export function anything(description: string) {
  return Type.Unsafe<unknown>({ description, "x-kubernetes-preserve-unknown-fields": true });
}

export function list<T extends TSchema>(description: string, items: T, options: ListOptions = {}) {
  return Type.Array(items, { description, ...withRules(options) });
}

/** A list whose entries are known by `keys`, so that two writers may own different entries. */
export function listMap<T extends TSchema>(
  description: string,
  keys: readonly string[],
  items: T,
  options: ListOptions = {},
) {
  return Type.Array(items, {
    description,
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": [...keys],
    ...withRules(options),
  });
}

export function mapOf<T extends TSchema>(description: string, values: T, options: MapOptions = {}) {
  return Type.Unsafe<Record<string, Static<T>>>({
    type: "object",
    description,
    additionalProperties: values,
    ...options,
  });
}

export function struct<P extends TProperties>(
  description: string,
  properties: P,
  options: StructOptions = {},
): TObject<P> {
  return Type.Object(properties, { description, ...withRules(options) });
}

export function optional<T extends TSchema>(schema: T) {
  return Type.Optional(schema);
}

/** A field that the API server fills in when it is left out: optional for users, always there for hooks. */
export function defaulted<T extends TSchema>(schema: T): T {
  return Type.Optional(schema) as unknown as T;
}
