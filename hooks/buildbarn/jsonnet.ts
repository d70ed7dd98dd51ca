/**
 * Configuration as text. Buildbarn evaluates its configuration as Jsonnet, and JSON is Jsonnet: what is written is JSON,
 * but for the values that only the pod knows, which Jsonnet reads from the environment.
 */

const variable = Symbol("environment variable");

/** A value that the program finds in its environment when it starts. */
export interface EnvironmentVariable {
  readonly [variable]: string;
}

export type Config = string | number | boolean | null | EnvironmentVariable | readonly Config[] | ConfigObject;
export interface ConfigObject {
  readonly [field: string]: Config;
}

export function environmentVariable(name: string): EnvironmentVariable {
  return { [variable]: name };
}

function isVariable(value: object): value is EnvironmentVariable {
  return variable in value;
}

function isObject(value: unknown): value is ConfigObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isVariable(value);
}

/** The text of a configuration, two blanks a level; fields in the order in which they are given. */
export function jsonnet(value: Config, indent = ""): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (isVariable(value)) return `std.extVar(${JSON.stringify(value[variable])})`;

  const inner = `${indent}  `;
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  const parts = Array.isArray(value)
    ? value.map((item: Config) => inner + jsonnet(item, inner))
    : Object.entries(value).map(([field, part]) => `${inner}${JSON.stringify(field)}: ${jsonnet(part, inner)}`);
  return parts.length === 0 ? `${open}${close}` : `${open}\n${parts.join(",\n")}\n${indent}${close}`;
}

/**
 * A JSON merge patch (RFC 7396): objects are merged, null takes a field away, anything else replaces. `patch` is what a
 * user wrote: any JSON.
 */
export function patched(config: Config, patch: unknown): Config {
  if (!isObject(patch)) return patch as Config;
  const result: Record<string, Config> = isObject(config) ? { ...config } : {};
  for (const [field, part] of Object.entries(patch)) {
    if (part === null) delete result[field];
    else result[field] = patched(result[field] ?? null, part);
  }
  return result;
}
