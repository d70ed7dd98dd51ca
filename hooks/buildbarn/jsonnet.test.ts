import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Config, environmentVariable, jsonnet, patched } from "./jsonnet.ts";

describe("text", () => {
  test("reads like JSON, and names variables of the environment", () => {
    const config = {
      address: ":8981",
      list: [1, true, null],
      none: {},
      empty: [],
      id: environmentVariable("POD_NAME"),
    };
    expect(`\n${jsonnet(config)}\n`).toBe(`
{
  "address": ":8981",
  "list": [
    1,
    true,
    null
  ],
  "none": {},
  "empty": [],
  "id": std.extVar("POD_NAME")
}
`);
  });

  test("without variables it is JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(jsonnet(value as Config))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

describe("a patch", () => {
  test.each<[string, Config, unknown, Config]>([
    ["adds a field", { a: 1 }, { b: 2 }, { a: 1, b: 2 }],
    ["merges objects", { a: { b: 1, c: 2 } }, { a: { c: 3 } }, { a: { b: 1, c: 3 } }],
    ["takes a field away", { a: 1, b: 2 }, { a: null }, { b: 2 }],
    ["replaces lists", { a: [1, 2] }, { a: [3] }, { a: [3] }],
    ["replaces what is no object", { a: 1 }, { a: { b: 1 } }, { a: { b: 1 } }],
    ["leaves no null in what it adds", {}, { a: { b: null, c: 1 } }, { a: { c: 1 } }],
    ["may be no object at all", { a: 1 }, 5, 5],
  ])("%s", (_, config, patch, result) => {
    expect(patched(config, patch)).toEqual(result);
  });

  test("replaces a variable of the environment", () => {
    expect(patched({ id: environmentVariable("A") }, { id: "x" })).toEqual({ id: "x" });
    expect(patched({ id: environmentVariable("A") }, { id: { b: 1 } })).toEqual({ id: { b: 1 } });
  });
});
