/** What is wrong with one field, in the words of the real API server. */

import type { StatusCause } from "./status.ts";

export function required(field: string, detail?: string): StatusCause {
  return {
    reason: "FieldValueRequired",
    message: detail === undefined ? "Required value" : `Required value: ${detail}`,
    field,
  };
}

export function invalidValue(field: string, value: unknown, detail: string): StatusCause {
  return { reason: "FieldValueInvalid", message: `Invalid value: ${shown(value)}: ${detail}`, field };
}

/** `actual` is the name of the type that was found. */
export function wrongType(field: string, actual: string, detail: string): StatusCause {
  return { reason: "FieldValueTypeInvalid", message: `Invalid value: ${shown(actual)}: ${detail}`, field };
}

export function notSupported(field: string, value: unknown, supported: readonly unknown[]): StatusCause {
  const values = supported.map((one) => JSON.stringify(one)).join(", ");
  return {
    reason: "FieldValueNotSupported",
    message: `Unsupported value: ${shown(value)}: supported values: ${values}`,
    field,
  };
}

export function forbiddenField(field: string, detail: string): StatusCause {
  return { reason: "FieldValueForbidden", message: `Forbidden: ${detail}`, field };
}

export function duplicate(field: string, value: unknown): StatusCause {
  return { reason: "FieldValueDuplicate", message: `Duplicate value: ${shown(value)}`, field };
}

export function tooLong(field: string, maximum: number): StatusCause {
  return { reason: "FieldValueTooLong", message: `Too long: may not be more than ${maximum} bytes`, field };
}

export function tooMany(field: string, count: number, maximum: number): StatusCause {
  return {
    reason: "FieldValueTooMany",
    message: `Too many: ${count}: must have at most ${maximum} items`,
    field,
  };
}

function shown(value: unknown): string {
  return value === undefined ? "null" : JSON.stringify(value);
}
