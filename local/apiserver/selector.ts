/** Label and field selectors as clients write them in queries. */

import { type ApiObject, fieldAt } from "./object.ts";
import { badRequest } from "./status.ts";

export type Selector = (object: ApiObject) => boolean;

/** Objects that match both; an absent selector matches everything. Throws 400 for one that cannot be read. */
export function selectorOf(labels: string | null, fields: string | null): Selector {
  const requirements = [...split(labels).map(labelRequirement), ...split(fields).map(fieldRequirement)];
  return (object) => requirements.every((matches) => matches(object));
}

/** Splits at commas outside of parentheses. */
function split(selector: string | null): string[] {
  return (selector ?? "")
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

const key = `(?:[A-Za-z0-9.-]+/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?`;
const equality = new RegExp(String.raw`^(${key})\s*(==|=|!=)\s*([-A-Za-z0-9_.]*)$`);
const membership = new RegExp(String.raw`^(${key})\s+(in|notin)\s*\(([^()]*)\)$`);
const existence = new RegExp(String.raw`^(!?)\s*(${key})$`);
const comparison = new RegExp(String.raw`^(${key})\s*([<>])\s*(-?\d+)$`);

function labelRequirement(text: string): Selector {
  const equal = equality.exec(text);
  if (equal) return oneOf(equal[1], [equal[3] ?? ""], equal[2] !== "!=");
  const member = membership.exec(text);
  if (member)
    return oneOf(
      member[1],
      (member[3] ?? "").split(",").map((value) => value.trim()),
      member[2] === "in",
    );
  const exists = existence.exec(text);
  if (exists) return (object) => (label(object, exists[2]) !== undefined) === (exists[1] === "");
  const compared = comparison.exec(text);
  if (compared) return comparedTo(compared[1], compared[2] === "<" ? -1 : 1, Number(compared[3]));
  throw badRequest(`unable to parse requirement: ${JSON.stringify(text)} is no label selector`);
}

function label(object: ApiObject, name: string | undefined): string | undefined {
  const labels = object.metadata.labels ?? {};
  return name !== undefined && Object.hasOwn(labels, name) ? labels[name] : undefined;
}

/** Without the label, `!=` and `notin` match. */
function oneOf(name: string | undefined, values: readonly string[], wanted: boolean): Selector {
  return (object) => {
    const value = label(object, name);
    return (value !== undefined && values.includes(value)) === wanted;
  };
}

function comparedTo(name: string | undefined, sign: 1 | -1, limit: number): Selector {
  return (object) => Number(label(object, name) ?? Number.NaN) * sign > limit * sign;
}

/** Real servers know a few fields for each kind; here every field with a plain value can be selected. */
function fieldRequirement(text: string): Selector {
  const [, path, operator, value] = /^([A-Za-z0-9_.[\]]+?)\s*(==|=|!=)\s*(.*)$/.exec(text) ?? [];
  if (path === undefined || value === undefined) {
    throw badRequest(`invalid selector: ${JSON.stringify(text)}; can't understand it`);
  }
  const fields = path.split(".");
  return (object) => (String(fieldAt(object, ...fields) ?? "") === value) === (operator !== "!=");
}
