/**
 * The part of the Cap'n Proto text format that a workerd configuration needs. A `Capnp` can only be made here, so the
 * compiler proves that no unescaped text reaches a configuration.
 */

declare const safe: unique symbol;

/** Source text of one Cap'n Proto value. */
export type Capnp = string & { readonly [safe]: true };

function source(text: string): Capnp {
  return text as Capnp;
}

/** Anything but printable ASCII without the quote and the backslash. */
const needsEscape = /[^ !#-[\]-~]/g;

function escapeByte(byte: string): string {
  return `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

/** A text literal for any string; what is not plain ASCII is written as the bytes of its UTF-8 form. */
export function text(value: string): Capnp {
  const bytes = Buffer.from(value, "utf8").toString("latin1");
  return source(`"${bytes.replaceAll(needsEscape, escapeByte)}"`);
}

/** The content of a file, named relative to the configuration file. */
export function embed(path: string): Capnp {
  return source(`embed ${text(path)}`);
}

export function list(items: Capnp[]): Capnp {
  if (items.length === 0) return source("[]");
  const lines = items.map((item) => `  ${item.replaceAll("\n", "\n  ")}`);
  return source(`[\n${lines.join(",\n")}\n]`);
}

/** A struct literal; undefined fields are left out. */
export function struct(fields: Record<string, Capnp | undefined>): Capnp {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return source(`(${entries.map(([name, value]) => `${fieldName(name)} = ${value}`).join(", ")})`);
}

function fieldName(name: string): string {
  if (!/^[a-z][A-Za-z0-9]*$/.test(name)) throw new Error(`${JSON.stringify(name)} is no Cap'n Proto field name`);
  return name;
}
