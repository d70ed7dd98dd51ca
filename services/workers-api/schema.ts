/** Checks what clients send against schemas, in words that name the field, the rule and the value. */

import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import type { Static, TSchema } from "typebox";
import { apiError } from "./errors.ts";

const ajv = new Ajv({ strict: false, verbose: true, allErrors: false });
const compiled = new WeakMap<TSchema, ValidateFunction>();

function validatorOf(schema: TSchema): ValidateFunction {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const validate = ajv.compile(schema);
  compiled.set(schema, validate);
  return validate;
}

/**
 * The value, when the schema allows it.
 * A schema that is `writeOnly` holds a secret, which no message repeats.
 * @param at what the value is called in messages: `metadata`, `metadata.bindings[2]`; `""` for a request body
 */
export function check<S extends TSchema>(
  schema: S,
  value: unknown,
  at: string,
  error: "invalidRequest" | "invalidUpload",
): Static<S> {
  const validate = validatorOf(schema);
  if (validate(value)) return value as Static<S>;
  const [first] = validate.errors ?? [];
  throw apiError(error, { problem: first === undefined ? `${at} is invalid` : problemOf(first, at) });
}

function problemOf({ instancePath, keyword, params, message, data, parentSchema }: ErrorObject, at: string): string {
  const field = fieldName(at, instancePath);
  if (keyword === "additionalProperties") {
    return `${fieldName(field, `/${String(params.additionalProperty)}`)} is not supported by this platform`;
  }
  if (keyword === "required") return `${fieldName(field, `/${String(params.missingProperty)}`)} is required`;
  const rule = keyword === "enum" ? `must be one of ${(params.allowedValues as unknown[]).join(", ")}` : message;
  const value = parentSchema?.writeOnly === true ? "" : `, not ${shown(data)}`;
  return `${field === "" ? "the request body" : field} ${rule}${value}`;
}

/** `/bindings/2/name` below `metadata` becomes `metadata.bindings[2].name`. */
function fieldName(at: string, pointer: string): string {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce((path, part) => {
      if (/^\d+$/.test(part)) return `${path}[${part}]`;
      return path === "" ? part : `${path}.${part}`;
    }, at);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 100 ? `${text.slice(0, 100)}...` : text;
}
