/** Which names Kubernetes accepts. */

import { randomInt } from "node:crypto";
import { invalidValue, required } from "./field-error.ts";
import type { NameRule } from "./kind.ts";
import type { StatusCause } from "./status.ts";

interface Rule {
  readonly pattern: RegExp;
  readonly maximum: number;
  readonly text: string;
}

const rules: Record<NameRule, Rule> = {
  subdomain: {
    pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    maximum: 253,
    text:
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start " +
      "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
      "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  },
  label: {
    pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
    maximum: 63,
    text:
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end " +
      "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is " +
      "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
  },
  service: {
    pattern: /^[a-z]([-a-z0-9]*[a-z0-9])?$/,
    maximum: 63,
    text:
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, " +
      "and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is " +
      "'[a-z]([-a-z0-9]*[a-z0-9])?')",
  },
  path: {
    pattern: /^(?!\.{1,2}$)[^/%]+$/,
    maximum: 253,
    text: "may not contain '/' or '%', and may not be '.' or '..'",
  },
};

const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const labelName = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

export function nameProblems(name: string, rule: NameRule, field = "metadata.name"): StatusCause[] {
  const { pattern, maximum, text } = rules[rule];
  if (name === "") return [required(field, "name or generateName is required")];
  if (name.length > maximum) return [invalidValue(field, name, `must be no more than ${maximum} characters`)];
  return pattern.test(name) ? [] : [invalidValue(field, name, text)];
}

/** Keys of labels and annotations, names of finalizers: `name` or `domain/name`. */
export function qualifiedNameProblems(key: string, field: string): StatusCause[] {
  const parts = key.split("/");
  const [prefix, name] = parts.length === 1 ? [undefined, parts[0]] : parts;
  const valid =
    parts.length <= 2 &&
    isLabelName(name ?? "") &&
    (prefix === undefined || nameProblems(prefix, "subdomain").length === 0);
  if (valid) return [];
  const text =
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric " +
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is " +
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
  return [invalidValue(field, key, text)];
}

export function labelValueProblems(value: string, field: string): StatusCause[] {
  if (value.length > 63) return [invalidValue(field, value, "must be no more than 63 characters")];
  if (labelValue.test(value)) return [];
  const text =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and " +
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is " +
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
  return [invalidValue(field, value, text)];
}

/** `base` and five random characters, of the alphabet that makes no words. */
export function generatedName(base: string): string {
  const alphabet = "bcdfghjklmnpqrstvwxz2456789";
  const suffix = Array.from({ length: 5 }, () => alphabet[randomInt(alphabet.length)]);
  return base.slice(0, 248) + suffix.join("");
}

function isLabelName(name: string): boolean {
  return name.length <= 63 && labelName.test(name);
}
