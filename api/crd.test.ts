import { describe, expect, test } from "vitest";
import { composites, records } from "../hooks/composites.ts";
import { crdOf } from "./crd.ts";
import type { Kind } from "./kind.ts";

interface Schema {
  type?: string;
  description?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema;
  required?: string[];
  [keyword: string]: unknown;
}

const kinds: readonly Kind[] = [...composites.map(({ parent }) => parent), ...records];

function schemaOf(kind: Kind): Schema {
  const [version] = crdOf(kind).spec.versions as { schema: { openAPIV3Schema: Schema } }[];
  return version?.schema.openAPIV3Schema ?? {};
}

/** Every schema in it, with its path. */
function parts(schema: Schema, path: string): [string, Schema][] {
  const { properties = {}, items, additionalProperties } = schema;
  return [
    [path, schema],
    ...Object.entries(properties).flatMap(([name, part]) => parts(part, `${path}.${name}`)),
    ...(items === undefined ? [] : parts(items, `${path}[]`)),
    ...(additionalProperties === undefined ? [] : parts(additionalProperties, `${path}{}`)),
  ];
}

/** What a structural schema may say (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources). */
const structural = new Set(
  `type description properties items additionalProperties required enum default format pattern minLength maxLength
  minimum maximum minItems maxItems maxProperties x-kubernetes-validations x-kubernetes-list-type
  x-kubernetes-list-map-keys x-kubernetes-preserve-unknown-fields x-kubernetes-int-or-string`.split(/\s+/),
);
const isOwn = (path: string) => /^\$\.(spec|status)/.test(path);

describe.each(kinds.map((kind) => [kind.kind, kind] as const))("%s", (_, kind) => {
  const all = parts(schemaOf(kind), "$");

  test("has a structural schema", () => {
    const foreign = all.flatMap(([path, schema]) =>
      Object.keys(schema)
        .filter((word) => !structural.has(word))
        .map((word) => `${path}: ${word}`),
    );
    expect(foreign).toEqual([]);
    const isTyped = (schema: (typeof all)[number][1]) =>
      schema.type !== undefined ||
      schema["x-kubernetes-preserve-unknown-fields"] === true ||
      schema["x-kubernetes-int-or-string"] === true;
    const typeless = all.filter(([, schema]) => !isTyped(schema));
    expect(typeless.map(([path]) => path)).toEqual([]);
  });

  test("is described on every field, in sentences", () => {
    const silent = all.filter(([path, { description = "" }]) => isOwn(path) && !/^[A-Zw].*[.)]$/s.test(description));
    expect(silent.map(([path, { description }]) => `${path}: ${description}`)).toEqual([]);
  });

  test("has keys of its lists that are always there", () => {
    const keyless = all.filter(([, schema]) => {
      const keys = (schema["x-kubernetes-list-map-keys"] ?? []) as string[];
      return keys.some((key) => !schema.items?.required?.includes(key));
    });
    expect(keyless.map(([path]) => path)).toEqual([]);
  });

  test("has columns that show what its schema declares", () => {
    const declared = new Set(all.map(([path]) => path.slice(1)));
    const shown = kind.columns.map(({ jsonPath }) => jsonPath.replace(/\[\?\(@\.type=="\w+"\)\]|\[0\]/g, "[]"));
    const missing = shown.filter((path) => !path.startsWith(".metadata.") && !declared.has(path));
    expect(missing).toEqual([]);
  });

  test("is found by its names", () => {
    const { spec, metadata } = crdOf(kind);
    expect(metadata.name).toBe(`${kind.plural}.${kind.group}`);
    expect(spec).toMatchObject({
      scope: "Namespaced",
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        singular: kind.kind.toLowerCase(),
        categories: ["octoplane"],
      },
    });
  });
});

test("a driven kind has the status that every hook writes, a record has none", () => {
  for (const { parent } of composites) {
    expect(Object.keys(schemaOf(parent).properties?.status?.properties ?? {})).toEqual(
      expect.arrayContaining(["observedGeneration", "conditions", "pendingChildren"]),
    );
    expect(crdOf(parent).spec.versions[0]).toHaveProperty("subresources");
  }
  for (const record of records) {
    expect(schemaOf(record).properties).not.toHaveProperty("status");
    expect(crdOf(record).spec.versions[0]).not.toHaveProperty("subresources");
  }
});

test("short names are of one kind only", () => {
  const names = kinds.flatMap(({ shortNames, plural }) => [...shortNames, plural]);
  expect(new Set(names).size).toBe(names.length);
});

test("rules of a field are part of its schema", () => {
  const account = kinds.find(({ kind }) => kind === "WorkerAccount") as Kind;
  const immutable = [{ rule: "self == oldSelf", message: "is immutable" }];
  expect(schemaOf(account).properties?.spec?.properties?.workerBundleName?.["x-kubernetes-validations"]).toEqual(
    immutable,
  );
  expect(schemaOf(account)["x-kubernetes-validations"]).toHaveLength(1);
});
