import { describe, expect, test } from "vitest";
import { ConfigMap, Namespace } from "../../api/builtin.ts";
import { account, at } from "../../test/objects/workers.ts";
import { byAge, childOf, filled } from "./object.ts";

describe("a child", () => {
  test("lies in the namespace of its parent", () => {
    expect(childOf(account(), ConfigMap, { name: "a", labels: { x: "y" } }, { data: { b: "c" } })).toEqual({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "a", namespace: "team", labels: { x: "y" } },
      data: { b: "c" },
    });
  });

  test("lies in none, as its parent", () => {
    const parent = { apiVersion: "v1", kind: "Namespace", metadata: { name: "a" } };
    expect(childOf(parent, Namespace, { name: "b" }, {}).metadata).toEqual({ name: "b" });
  });
});

describe("age", () => {
  const older = account({}, { name: "b", creationTimestamp: at(-10) });
  const younger = account({}, { name: "a", creationTimestamp: at(-5) });
  const twin = account({}, { name: "c", creationTimestamp: at(-10) });
  const unsaved = { apiVersion: "v1", kind: "Namespace", metadata: { name: "0" } };

  test("the older comes first, then the name decides; what is not stored yet is the youngest", () => {
    expect([younger, unsaved, twin, older].sort(byAge)).toEqual([older, twin, younger, unsaved]);
    expect([older, twin, younger, unsaved].sort(byAge)).toEqual([older, twin, younger, unsaved]);
  });
});

test("fields that say nothing are left out", () => {
  const fields = { a: "", b: {}, c: [], d: undefined, e: null, f: 0, g: false, h: "x", i: { j: 1 } };
  expect(filled(fields)).toStrictEqual({ e: null, f: 0, g: false, h: "x", i: { j: 1 } });
});
