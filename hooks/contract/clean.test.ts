import { describe, expect, test } from "vitest";
import type { KubernetesObject } from "../../api/resource.ts";
import { cleanChild, type Form } from "./clean.ts";

type Child = KubernetesObject & Record<string, unknown>;

function child(rest: Record<string, unknown> = {}, metadata: Record<string, unknown> = {}): Child {
  return { apiVersion: "v1", kind: "Thing", metadata: { name: "a", ...metadata }, ...rest } as Child;
}

function clean(object: KubernetesObject, form: Form = "builtin") {
  return cleanChild(object, { namespace: "team", form });
}

describe("what must not be sent is refused, with the place and the rule", () => {
  test.each<[string, Child, string]>([
    ["null", child({ spec: { a: null } }), "Thing/a.spec.a is null"],
    ["null in a list", child({ spec: { a: [1, null] } }), "Thing/a.spec.a.1 is null"],
    [
      "undefined in a list, which would become null",
      child({ spec: { a: [undefined] } }),
      "Thing/a.spec.a.0 is undefined",
    ],
    ["a number that JSON has no word for", child({ spec: { a: Number.NaN } }), "Thing/a.spec.a is not a finite number"],
    ["an empty text", child({ spec: { a: "" } }), "Thing/a.spec.a is an empty text"],
    ["an empty list", child({ spec: { a: [] } }), "Thing/a.spec.a is an empty list"],
    ["an empty object", child({ spec: { a: {} } }), "Thing/a.spec.a is an empty object"],
    [
      "an object that is empty without its undefined fields",
      child({ spec: { a: { b: undefined } } }),
      "is an empty object",
    ],
    ["a quantity in another form", child({ limits: { cpu: "1000m" } }), 'limits.cpu is "1000m", not a quantity'],
    ["a quantity that is a number", child({ requests: { cpu: 1 } }), 'requests.cpu is "1", not a quantity'],
    ["stringData", child({ stringData: { a: "b" } }), "Thing/a uses stringData"],
    ["a status", child({ status: { a: 1 } }), "Thing/a has a status"],
    ["generateName", child({}, { generateName: "a-" }), "Thing/a uses generateName"],
    ["an empty name", child({}, { name: "" }), "has no name"],
    ["no name", child({}, { name: undefined }), "Thing/? has no name"],
    ["another namespace than the parent's", child({}, { namespace: "other" }), "lies in namespace other"],
    ["a resource version", child({}, { resourceVersion: "1" }), "sets metadata.resourceVersion"],
    ["owner references", child({}, { ownerReferences: [] }), "sets metadata.ownerReferences"],
  ])("%s", (_, object, complaint) => {
    expect(() => clean(object)).toThrow(complaint);
  });
});

describe("what may be sent stays as it is", () => {
  test.each<[string, Child]>([
    ["empty objects that say something", child({ spec: { podSelector: {}, volumes: [{ emptyDir: {} }] } })],
    ["empty texts among free texts", child({ data: { a: "" } }, { annotations: { a: "" } })],
    ["canonical quantities", child({ limits: { cpu: "1500m", memory: "1536Mi" }, requests: { cpu: "0" } })],
    ["false and 0", child({ spec: { a: false, b: 0 } })],
    ["the parent's namespace", child({}, { namespace: "team" })],
  ])("%s", (_, object) => {
    expect(clean(object)).toEqual(object);
  });
});

test("undefined fields are left out", () => {
  expect(clean(child({ spec: { a: 1, b: undefined } }))).toStrictEqual(child({ spec: { a: 1 } }));
});

describe("custom resources are stored as they are sent", () => {
  const empty = child({ spec: { a: "", b: [], c: {}, limits: { cpu: "1000m" } } });

  test("so empty fields and quantities stay", () => {
    expect(clean(empty, "custom")).toEqual(empty);
  });

  test("but null does not", () => {
    expect(() => clean(child({ spec: { a: null } }), "custom")).toThrow("is null");
  });

  test("unless the resource is only kept: it is never written, and its user may have stored null", () => {
    const kept = child({ spec: { json: { a: null } } });
    expect(clean(kept, "kept")).toEqual(kept);
    expect(() => clean(child({ spec: [undefined] }), "kept")).toThrow("is undefined");
  });
});
