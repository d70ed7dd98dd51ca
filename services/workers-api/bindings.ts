/** Bindings as clients send them: which types there are, what they must say, and what becomes of the previous ones. */

import { type Static, type TProperties, Type } from "typebox";
import type { CodeBinding } from "../../api/workers/code.ts";
import { apiError } from "./errors.ts";
import { featureOfBinding } from "./features.ts";
import { check } from "./schema.ts";

const name = Type.String({ minLength: 1, maxLength: 256, pattern: "^[^\\u0000-\\u001f\\u007f]+$" });
const scriptName = Type.String({ pattern: "^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?$", maxLength: 63 });
/** They become environment variables and keys of a Secret. */
const secretName = Type.String({ pattern: "^[A-Za-z_][A-Za-z0-9_]*$", maxLength: 128 });
/** As on Cloudflare: 5 kB. All secrets of an account share the environment of one process. */
export const secretText = Type.String({ maxLength: 5120, writeOnly: true });

function bindingOf<const T extends string, P extends TProperties>(type: T, fields: P) {
  return Type.Object({ type: Type.Literal(type), name, ...fields }, { additionalProperties: false });
}

const schemas = {
  plain_text: bindingOf("plain_text", { text: Type.String() }),
  json: bindingOf("json", { json: Type.Unknown() }),
  secret_text: bindingOf("secret_text", { name: secretName, text: secretText }),
  inherit: bindingOf("inherit", {}),
  service: bindingOf("service", {
    service: scriptName,
    entrypoint: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
    environment: Type.Optional(Type.Literal("production")),
  }),
  wasm_module: bindingOf("wasm_module", { part: Type.String() }),
  text_blob: bindingOf("text_blob", { part: Type.String() }),
  data_blob: bindingOf("data_blob", { part: Type.String() }),
};

type BindingType = keyof typeof schemas;
export type SentBinding = { [T in BindingType]: Static<(typeof schemas)[T]> }[BindingType];

/** @throws ApiError naming the first binding that is wrong or not supported */
export function sentBindings(values: readonly unknown[], at: string): SentBinding[] {
  const names = new Set<string>();
  return values.map((value, index) => {
    const field = `${at}[${index}]`;
    const binding = sentBinding(value, field);
    if (names.has(binding.name)) {
      throw apiError("invalidUpload", {
        problem: `${field}.name: two bindings are named ${JSON.stringify(binding.name)}`,
      });
    }
    names.add(binding.name);
    return binding;
  });
}

function sentBinding(value: unknown, field: string): SentBinding {
  const shape = Type.Object({ type: Type.String({ maxLength: 64 }), name });
  const { type, name: called } = check(shape, value, field, "invalidUpload");
  if (!Object.hasOwn(schemas, type)) {
    const what = featureOfBinding(type)?.what ?? `bindings of type ${JSON.stringify(type)} are`;
    throw apiError("unsupported", { field: `${field} (${called})`, what });
  }
  return check(schemas[type as BindingType], value, field, "invalidUpload");
}

export interface Bindings {
  /** Sorted by name, so that the order of an upload does not make other code of it. */
  bindings: CodeBinding[];
  /** Values of the secret bindings, by name. */
  secrets: Map<string, string>;
}

export const noBindings: Bindings = { bindings: [], secrets: new Map() };

/**
 * wrangler up to 4.86 removes a secret by listing all that stay and keeping only the other kind of secret. Every other
 * upload keeps secrets, also when it does not say so.
 */
function replacesSecrets(keep: readonly string[]): boolean {
  return keep.includes("secret_key") && !keep.includes("secret_text");
}

/**
 * The bindings of a new version. What is sent replaces what was there; secrets are carried over, other types only
 * where `keep` names them.
 */
export function resolveBindings(sent: readonly SentBinding[], keep: readonly string[], previous: Bindings): Bindings {
  const names = new Set(sent.map((binding) => binding.name));
  const types = new Set([...keep, ...(replacesSecrets(keep) ? [] : ["secret_text"])]);
  const kept = previous.bindings.filter(({ name, type }) => !names.has(name) && types.has(type));
  const bindings = [...sent.map((binding) => resolved(binding, previous)), ...kept];
  const given = sent.flatMap((binding) =>
    binding.type === "secret_text" ? [[binding.name, binding.text] as const] : [],
  );
  return withSecrets(bindings, new Map([...previous.secrets, ...given]));
}

function resolved(binding: SentBinding, previous: Bindings): CodeBinding {
  switch (binding.type) {
    case "inherit":
      return inherited(binding.name, previous);
    case "secret_text":
      return { type: "secret_text", name: binding.name };
    case "service": {
      const { environment: _, ...service } = binding;
      return service as CodeBinding;
    }
    default:
      return binding as CodeBinding;
  }
}

function inherited(name: string, { bindings }: Bindings): CodeBinding {
  const found = bindings.find((binding) => binding.name === name);
  if (found === undefined) throw apiError("inheritInvalid", { name });
  return found;
}

/** Only the secrets that a binding asks for stay. */
function withSecrets(bindings: CodeBinding[], values: ReadonlyMap<string, string>): Bindings {
  const sorted = [...bindings].sort((a, b) => (a.name < b.name ? -1 : 1));
  const asked = sorted.filter(({ type }) => type === "secret_text").map(({ name }) => name);
  return { bindings: sorted, secrets: new Map(asked.map((name) => [name, values.get(name) ?? ""])) };
}

const secretChange = Type.Object({ name: secretName, text: secretText });

/** Secrets set (a value) or removed (null); everything else stays. @throws ApiError */
export function changeSecrets(previous: Bindings, changes: ReadonlyMap<string, string | null>): Bindings {
  const values = new Map(previous.secrets);
  for (const [name, text] of changes) {
    if (text === null) values.delete(name);
    else values.set(check(secretChange, { name, text }, `secret ${JSON.stringify(name)}`, "invalidRequest").name, text);
  }
  const others = previous.bindings.filter(({ name, type }) => type !== "secret_text" && !values.has(name));
  return withSecrets(
    [...others, ...[...values.keys()].map((name) => ({ type: "secret_text" as const, name }))],
    values,
  );
}
