import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson, lastAppliedAnnotation, merged, withLastApplied } from "./apply.ts";
import type { AnyObject } from "./json.ts";

function object(fields: Record<string, unknown>): AnyObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, ...fields };
}

/** What is stored after `applied` was created, with `foreign` set by others. */
function stored(applied: Record<string, unknown>, foreign: Record<string, unknown> = {}): AnyObject {
  return { ...withLastApplied(object(applied), object(applied)), ...foreign };
}

describe("a merge of records", () => {
  it("changes what is desired and keeps what others set", () => {
    const observed = stored({ data: { a: "1" } }, { data: { a: "hacked", foreign: "x" } });
    expect(merged(observed, object({ data: { a: "1" } })).data).toEqual({ a: "1", foreign: "x" });
  });

  it("removes what was applied and is no longer desired", () => {
    const observed = stored({ data: { a: "1", b: "2" } });
    expect(merged(observed, object({ data: { a: "1" } })).data).toEqual({ a: "1" });
  });

  it("takes null on a record as: nothing desired", () => {
    const observed = stored({ data: { a: "1" } }, { data: { a: "1", foreign: "x" } });
    expect(merged(observed, object({ data: null })).data).toEqual({ foreign: "x" });
  });

  it("is not confused by fields named like members of Object.prototype", () => {
    const observed = stored({ data: { constructor: "1" } });
    expect(merged(observed, object({ data: { toString: "2" } })).data).toEqual({ toString: "2" });
  });

  it("leaves metadata of the server and the status as observed", () => {
    const observed = stored({}, { status: { ready: true } });
    observed.metadata = { ...observed.metadata, uid: "u", resourceVersion: "7" };
    const desired = object({ status: { ready: false } });
    desired.metadata = { name: "a", uid: "other", resourceVersion: "1", generation: 4 };
    const result = merged(observed, desired);
    expect(result.status).toEqual({ ready: true });
    expect(result.metadata).toMatchObject({ uid: "u", resourceVersion: "7" });
    expect(result.metadata.generation).toBeUndefined();
  });
});

describe("a merge of lists", () => {
  it("goes by the first key that all items share, existing items first", () => {
    const observed = stored(
      { list: [{ name: "b", image: "1" }] },
      { list: [{ name: "injected" }, { name: "b", image: "1", pulled: true }] },
    );
    const desired = object({ list: [{ name: "new" }, { name: "b", image: "2" }] });
    expect(merged(observed, desired).list).toEqual([
      { name: "injected" },
      { name: "b", image: "2", pulled: true },
      { name: "new" },
    ]);
  });

  it("removes items that were applied and are no longer desired", () => {
    const observed = stored({ list: [{ name: "a" }, { name: "b" }] });
    expect(merged(observed, object({ list: [{ name: "b" }] })).list).toEqual([{ name: "b" }]);
  });

  it("keeps numeric keys in order", () => {
    const observed = stored({ list: [{ port: 443 }, { port: 80 }] });
    const desired = object({ list: [{ port: 443 }, { port: 80 }, { port: 8 }] });
    expect(merged(observed, desired).list).toEqual([{ port: 443 }, { port: 80 }, { port: 8 }]);
  });

  it("replaces lists of scalars and lists without a common key", () => {
    const observed = stored({ args: ["a"] }, { args: ["a", "foreign"], list: [{ name: "a" }, { key: "b" }] });
    const result = merged(observed, object({ args: ["b"], list: [{ name: "c" }] }));
    expect(result).toMatchObject({ args: ["b"], list: [{ name: "c" }] });
  });
});

describe("what was applied last", () => {
  it("is recorded with sorted keys and escaped as Go does", () => {
    const desired = object({ data: { b: "<&>", a: "1" } });
    const annotation = merged(object({}), desired).metadata.annotations?.[lastAppliedAnnotation];
    expect(annotation).toBe(
      '{"apiVersion":"v1","data":{"a":"1","b":"\\u003c\\u0026\\u003e"},"kind":"ConfigMap","metadata":{"name":"a"}}',
    );
  });

  it("parses back to the same value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

describe("any merge", () => {
  const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean());
  const field = fc.constantFrom("a", "b", "name", "port");
  const value = fc.letrec((tie) => ({
    node: fc.oneof({ depthSize: "small" }, leaf, tie("record"), tie("list")),
    record: fc.dictionary(field, tie("node"), { maxKeys: 3 }),
    list: fc.uniqueArray(fc.record({ name: fc.string(), value: leaf }), { maxLength: 3, selector: ({ name }) => name }),
  }));
  const spec = value.record;

  it("is a fixed point: merging the same desire again changes nothing", () => {
    fc.assert(
      fc.property(spec, spec, spec, (observed, applied, wanted) => {
        const desired = object({ spec: wanted });
        const once = merged(stored({ spec: applied }, { spec: observed }), desired);
        expect(merged(once, desired)).toEqual(once);
      }),
    );
  });

  it("does not change its inputs", () => {
    fc.assert(
      fc.property(spec, spec, (observed, wanted) => {
        const before = stored({ spec: observed });
        const copy = structuredClone(before);
        merged(before, object({ spec: wanted }));
        expect(before).toEqual(copy);
      }),
    );
  });
});
