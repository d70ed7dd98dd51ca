import { expect, test } from "vitest";
import { selectorOf } from "./selector.ts";
import { configMap } from "./test-server.ts";

const object = {
  ...configMap("a", { namespace: "ns", labels: { app: "web", "x.io/tier": "a", size: "5" } }),
  type: "T",
};

test.each([
  ["app=web", true],
  ["app==web", true],
  ["app=api", false],
  ["app!=web", false],
  ["app!=api", true],
  ["none!=x", true],
  ["app in (web, api),x.io/tier=a", true],
  ["app notin (web)", false],
  ["none notin (web)", true],
  ["app", true],
  ["none", false],
  ["!none", true],
  ["!app", false],
  ["size>4", true],
  ["size<5", false],
  ["none>1", false],
  ["toString", false],
  ["", true],
])("label selector %j: %s", (labels, matches) => {
  expect(selectorOf(labels, null)(object)).toBe(matches);
});

test.each([
  ["metadata.name=a,metadata.namespace=ns", true],
  ["metadata.name=b", false],
  ["metadata.name!=b", true],
  ["type=T", true],
  ["involvedObject.name=x", false],
  ["involvedObject.name=", true],
])("field selector %j: %s", (fields, matches) => {
  expect(selectorOf(null, fields)(object)).toBe(matches);
});

test.each([
  ["app=a b", null],
  ["app in web", null],
  ["=x", null],
  [null, "metadata.name"],
])("%j, %j is refused", (labels, fields) => {
  expect(() => selectorOf(labels, fields)).toThrow(
    expect.objectContaining({ status: expect.objectContaining({ code: 400 }) }),
  );
});
