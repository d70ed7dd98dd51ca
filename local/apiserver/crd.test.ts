import { describe, expect, test } from "vitest";
import { crds, eventually, startTestApi, type TestApi, thing, thingDefinition, things } from "./test-server.ts";

/** An API server with the CRD of Thing, whose spec has these properties. */
async function withThings(properties: object, more: object = {}): Promise<TestApi> {
  const api = await startTestApi();
  await api.create(crds, thingDefinition({ properties, ...more }));
  return api;
}

describe("a CRD", () => {
  test("is established, completed and served at once", async () => {
    const api = await startTestApi();
    const crd = await api.create(crds, thingDefinition());
    expect(crd.spec.names).toMatchObject({ singular: "thing", listKind: "ThingList" });
    expect(crd.status.conditions.map((one: { type: string; status: string }) => [one.type, one.status])).toEqual([
      ["NamesAccepted", "True"],
      ["Established", "True"],
    ]);
    expect(await api.get(things)).toMatchObject({ kind: "ThingList", apiVersion: "example.com/v1", items: [] });
  });

  test("takes its objects with it", async () => {
    const api = await withThings({});
    await api.create(things, thing("a", {}, { finalizers: ["example.com/x"] }));
    await api.request("DELETE", `${crds}/things.example.com`);
    await eventually(async () => (await api.get(`${things}/a`)).metadata.deletionTimestamp !== undefined);
    expect((await api.get(`${crds}/things.example.com`)).metadata.finalizers).toEqual([
      "customresourcecleanup.apiextensions.k8s.io",
    ]);
    await api.patch(`${things}/a`, { metadata: { finalizers: null } });
    await eventually(async () => (await api.request("GET", `${crds}/things.example.com`)).code === 404);
    expect((await api.refusal("GET", things)).message).toBe("the server could not find the requested resource");
  });

  test("can change its schema, and what was stored before stays", async () => {
    const api = await withThings({ size: { type: "integer" }, color: { type: "string" } });
    await api.create(things, thing("a", { size: 1, color: "red" }));
    const stricter = thingDefinition({ properties: { size: { type: "integer", minimum: 5 } } });
    const { resourceVersion } = (await api.get(`${crds}/things.example.com`)).metadata;
    await api.replace(`${crds}/things.example.com`, {
      ...stricter,
      metadata: { ...stricter.metadata, resourceVersion },
    });
    expect((await api.get(`${things}/a`)).spec).toEqual({ size: 1, color: "red" });
    // The size was too small before, so it does not stand in the way of other changes.
    expect((await api.patch(`${things}/a/status`, { status: { ok: true } })).status).toEqual({ ok: true });
    expect((await api.refusal("POST", things, thing("b", { size: 1 }))).code).toBe(422);
  });

  test.each([
    ["another name", { metadata: { name: "x.example.com" } }, `must be spec.names.plural+"."+spec.group`],
    ["no spec", { spec: {} }, "spec.group: Required value"],
  ])("with %s is refused", async (_, more, message) => {
    const api = await startTestApi();
    const status = await api.refusal("POST", crds, { ...thingDefinition(), ...more });
    expect(status).toMatchObject({ code: 422 });
    expect(status.message).toContain(message);
  });

  test.each([
    ["no schema", { schema: {} }, "spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required"],
    ["no storage version", { storage: false }, "must have exactly one version marked as storage version"],
    [
      "a broken pattern",
      { schema: { openAPIV3Schema: { type: "object", properties: { a: { type: "string", pattern: "(" } } } } },
      "Invalid regular expression",
    ],
  ])("with %s is refused", async (_, version, message) => {
    const api = await startTestApi();
    const status = await api.refusal("POST", crds, thingDefinition({}, version));
    expect(status.message).toContain(message);
  });
});

describe("validation", () => {
  const string = { type: "string" };

  test.each([
    ["required", { size: string }, {}, 'Thing.example.com "a" is invalid: spec.size: Required value'],
    [
      "type",
      { size: { type: "integer" } },
      { size: "1" },
      'spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"',
    ],
    [
      "enum",
      { size: { ...string, enum: ["a", "b"] } },
      { size: "c" },
      'spec.size: Unsupported value: "c": supported values: "a", "b"',
    ],
    [
      "pattern",
      { size: { ...string, pattern: "^x$" } },
      { size: "y" },
      `spec.size: Invalid value: "y": spec.size in body should match '^x$'`,
    ],
    [
      "minimum",
      { size: { type: "integer", minimum: 1 } },
      { size: 0 },
      "spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1",
    ],
    [
      "exclusive maximum",
      { size: { type: "number", maximum: 1, exclusiveMaximum: true } },
      { size: 1 },
      "should be less than 1",
    ],
    [
      "minLength",
      { size: { ...string, minLength: 2 } },
      { size: "x" },
      'Invalid value: "x": spec.size in body should be at least 2 chars long',
    ],
    [
      "maxLength",
      { size: { ...string, maxLength: 1 } },
      { size: "xx" },
      "spec.size: Too long: may not be more than 1 bytes",
    ],
    [
      "maxItems",
      { size: { type: "array", items: string, maxItems: 1 } },
      { size: ["x", "y"] },
      "spec.size: Too many: 2: must have at most 1 items",
    ],
    [
      "minItems",
      { size: { type: "array", items: string, minItems: 1 } },
      { size: [] },
      "spec.size in body should have at least 1 items",
    ],
    [
      "items",
      { size: { type: "array", items: string } },
      { size: ["x", 1] },
      'spec.size[1]: Invalid value: "integer": spec.size[1] in body must be of type string: "integer"',
    ],
    ["null", { size: string }, { size: null }, "spec.size: Required value"],
    [
      "format",
      { size: { ...string, format: "date-time" } },
      { size: "now" },
      'spec.size in body must be of type date-time: "now"',
    ],
    [
      "set",
      { size: { type: "array", items: string, "x-kubernetes-list-type": "set" } },
      { size: ["x", "x"] },
      'spec.size[1]: Duplicate value: "x"',
    ],
    [
      "anyOf",
      { size: { ...string, anyOf: [{ enum: ["a"] }, { pattern: "^b" }] } },
      { size: "c" },
      "must validate at least one schema (anyOf)",
    ],
  ])("refuses what breaks the rule %s, in the words of Kubernetes", async (_, properties, spec, message) => {
    const api = await withThings(properties, { required: ["size"] });
    const status = await api.refusal("POST", things, thing("a", spec));
    expect(status).toMatchObject({ code: 422, reason: "Invalid", details: { kind: "Thing", group: "example.com" } });
    expect(status.message).toContain(message);
    expect(status.details?.causes).toHaveLength(1);
  });

  test("names the field, the rule and the value of everything that is wrong", async () => {
    const api = await withThings({ a: { type: "integer", minimum: 1 }, b: { type: "string" } }, { required: ["b"] });
    const status = await api.refusal("POST", things, thing("x", { a: 0 }));
    expect(status.message).toBe(
      'Thing.example.com "x" is invalid: [spec.b: Required value, spec.a: Invalid value: 0: spec.a in body should be greater than or equal to 1]',
    );
    expect(status.details?.causes).toContainEqual({
      reason: "FieldValueRequired",
      message: "Required value",
      field: "spec.b",
    });
  });

  test.each([
    [{ type: "string", nullable: true }, null],
    [{ "x-kubernetes-int-or-string": true }, "50%"],
    [{ "x-kubernetes-int-or-string": true }, 50],
    [{ type: "object", "x-kubernetes-preserve-unknown-fields": true }, { any: { thing: [1] } }],
    [{ type: "object", additionalProperties: { type: "string" } }, { a: "b" }],
    [
      { type: "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true },
      { apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec: { x: 1 } },
    ],
  ])("%j accepts and keeps %j", async (schema, size) => {
    const api = await withThings({ size: schema });
    expect((await api.create(things, thing("a", { size }))).spec).toEqual({ size });
  });

  test.each([
    [{ type: "string" }, null, undefined],
    [{ type: "object", additionalProperties: { type: "string" } }, { a: null, b: "x" }, { b: "x" }],
    [{ type: "object", additionalProperties: { type: "string", nullable: true } }, { a: null }, { a: null }],
    [
      { type: "object", properties: { a: { type: "object", properties: { b: { type: "string" } } } } },
      { a: { b: null } },
      { a: {} },
    ],
    [{ type: "object", "x-kubernetes-preserve-unknown-fields": true }, { a: null }, { a: null }],
    [{ type: "array", items: { type: "object", properties: { a: { type: "string" } } } }, [{ a: null }], [{}]],
    [{ type: "array", items: { type: "string", nullable: true } }, [null], [null]],
  ])("of %j and %j only the nulls stay that are allowed", async (schema, size, stored) => {
    const api = await withThings({ size: schema });
    expect((await api.create(things, thing("a", { size }))).spec.size).toEqual(stored);
  });

  test("self == oldSelf makes a field immutable, other rules are not evaluated", async () => {
    const rules = [{ rule: "self == oldSelf", message: "size is immutable" }, { rule: "self > 100" }];
    const api = await withThings({ size: { type: "integer", "x-kubernetes-validations": rules } });
    await api.create(things, thing("a", { size: 1 }));
    const headers = { "content-type": "application/merge-patch+json" };
    const status = await api.refusal("PATCH", `${things}/a`, { spec: { size: 2 } }, headers);
    expect(status.message).toContain("spec.size: Invalid value: 2: size is immutable");
    await api.patch(`${things}/a`, { metadata: { labels: { x: "y" } } });
  });

  test("items of a map list are followed by their keys", async () => {
    const item = {
      type: "object",
      properties: {
        name: { type: "string" },
        value: { type: "string", "x-kubernetes-validations": [{ rule: "self == oldSelf" }] },
      },
    };
    const list = {
      type: "array",
      items: item,
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name"],
    };
    const api = await withThings({ list });
    await api.create(things, thing("a", { list: [{ name: "x", value: "1" }] }));
    await api.patch(`${things}/a`, {
      spec: {
        list: [
          { name: "y", value: "2" },
          { name: "x", value: "1" },
        ],
      },
    });
    const headers = { "content-type": "application/merge-patch+json" };
    const status = await api.refusal("PATCH", `${things}/a`, { spec: { list: [{ name: "x", value: "9" }] } }, headers);
    expect(status.message).toContain('spec.list[0].value: Invalid value: "9": failed rule: self == oldSelf');
  });
});

describe("defaults and unknown fields", () => {
  test("defaults come into objects and list items, also in place of null", async () => {
    const item = { type: "object", properties: { port: { type: "integer", default: 80 } } };
    const api = await withThings({
      color: { type: "string", default: "red" },
      inner: { type: "object", default: {}, properties: { deep: { type: "boolean", default: true } } },
      list: { type: "array", items: item },
    });
    const { spec } = await api.create(things, thing("a", { color: null, list: [{}] }));
    expect(spec).toEqual({ color: "red", inner: { deep: true }, list: [{ port: 80 }] });
  });

  test("unknown fields are dropped with a warning", async () => {
    const api = await withThings({ list: { type: "array", items: { type: "object", properties: {} } } });
    const sent = { ...thing("a", { foo: 1, list: [{ bar: 1 }] }), other: 1 };
    const { body, headers } = await api.request("POST", things, sent);
    expect(body.spec).toEqual({ list: [{}] });
    expect(body).not.toHaveProperty("other");
    expect(headers.get("warning")).toContain(String.raw`299 - "unknown field \"spec.foo\""`);
    expect(headers.get("warning")).toContain(String.raw`unknown field \"spec.list[0].bar\"`);
  });

  test("unknown fields are refused under strict validation", async () => {
    const api = await withThings({});
    const status = await api.refusal("POST", `${things}?fieldValidation=Strict`, thing("a", { foo: 1 }, { bar: 1 }));
    expect(status).toMatchObject({
      code: 400,
      message:
        'Thing in version "v1" cannot be handled as a Thing: strict decoding error: unknown field "metadata.bar", unknown field "spec.foo"',
    });
  });

  test("unknown fields are dropped silently when validation is off", async () => {
    const api = await withThings({});
    const { headers } = await api.request("POST", `${things}?fieldValidation=Ignore`, thing("a", { foo: 1 }));
    expect(headers.get("warning")).toBeNull();
  });
});
