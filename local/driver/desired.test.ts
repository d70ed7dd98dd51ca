import { describe, expect, it } from "vitest";
import { ConfigMap, Namespace } from "../../api/builtin.ts";
import type { Definition } from "./definition.ts";
import { desiredChildren } from "./desired.ts";

const hook = {
  name: "sync",
  version: "v2",
  url: "http://hook.example",
  connection: {},
  timeoutMs: 1,
  strict: true,
} as const;

function definition(overrides: Partial<Definition> = {}): Definition {
  return {
    name: "c",
    controller: {
      apiVersion: "",
      kind: "",
      metadata: { name: "c" },
      spec: { parentResource: { apiVersion: "v1", resource: "things" } },
    },
    parent: { group: "example.com", version: "v1", kind: "Thing", plural: "things", namespaced: true },
    parentSelector: {},
    ignoreStatusChanges: false,
    children: [
      { resource: ConfigMap, method: "InPlace" },
      { resource: Namespace, method: "OnDelete" },
    ],
    generateSelector: true,
    resyncPeriodMs: undefined,
    hooks: { sync: hook, finalize: undefined, customize: undefined },
    ...overrides,
  };
}

const parent = { apiVersion: "example.com/v1", kind: "Thing", metadata: { name: "p", namespace: "demo", uid: "u1" } };
const clusterParent = { ...parent, metadata: { name: "p", uid: "u1" } };
const selector = { matchLabels: { "controller-uid": "u1" } };

function child(metadata: object, type = { apiVersion: "v1", kind: "ConfigMap" }) {
  return { ...type, metadata };
}

function desired(owner: typeof clusterParent, ...children: Record<string, unknown>[]) {
  return desiredChildren(definition(), owner, children, selector);
}

describe("a desired child", () => {
  it("gets its parent's namespace and the generated label", () => {
    const found = desired(parent, child({ name: "a", labels: { app: "x" } }))
      .get("ConfigMap.v1")
      ?.get("demo/a");
    expect(found?.metadata).toEqual({ name: "a", namespace: "demo", labels: { app: "x", "controller-uid": "u1" } });
  });

  it("replaces an earlier one of the same name", () => {
    const group = desired(
      parent,
      { ...child({ name: "a" }), data: { v: "1" } },
      { ...child({ name: "a" }), data: { v: "2" } },
    );
    expect([...(group.get("ConfigMap.v1")?.values() ?? [])].map(({ data }) => data)).toEqual([{ v: "2" }]);
  });

  it("may be anywhere under a cluster-scoped parent", () => {
    const group = desired(
      clusterParent,
      child({ name: "a", namespace: "x" }),
      child({ name: "n" }, { apiVersion: "v1", kind: "Namespace" }),
    );
    expect([...(group.get("ConfigMap.v1")?.keys() ?? [])]).toEqual(["x/a"]);
    expect([...(group.get("Namespace.v1")?.keys() ?? [])]).toEqual(["n"]);
  });
});

describe("an answer is refused because of", () => {
  const cases: [string, typeof clusterParent, Record<string, unknown>, RegExp][] = [
    ["generateName", parent, child({ generateName: "a-" }), /children\[0\]\.metadata\.name .*generateName/],
    ["a missing name", parent, child({}), /children\[0\]\.metadata\.name of a ConfigMap is missing/],
    [
      "a missing apiVersion",
      parent,
      { kind: "ConfigMap", metadata: { name: "a" } },
      /children\[0\]\.apiVersion is missing/,
    ],
    [
      "an undeclared kind",
      parent,
      child({ name: "a" }, { apiVersion: "v1", kind: "Secret" }),
      /v1 Secret is not in childResources$/,
    ],
    [
      "another version of a declared kind",
      parent,
      child({ name: "a" }, { apiVersion: "v2", kind: "ConfigMap" }),
      /v2 ConfigMap is not in childResources; childResources declares v1/,
    ],
    ["a foreign namespace", parent, child({ name: "a", namespace: "other" }), /must be in its parent's namespace demo/],
    [
      "a cluster-scoped child of a namespaced parent",
      parent,
      child({ name: "n" }, { apiVersion: "v1", kind: "Namespace" }),
      /cannot own Namespace n/,
    ],
    [
      "a missing namespace under a cluster-scoped parent",
      clusterParent,
      child({ name: "a" }),
      /metadata\.namespace of ConfigMap a is missing/,
    ],
    [
      "a label that contradicts the selector",
      parent,
      child({ name: "a", labels: { "controller-uid": "mine" } }),
      /labels on desired child ConfigMap demo\/a don't match/,
    ],
  ];

  it.each(cases)("%s", (_what, owner, entry, message) => {
    expect(() => desired(owner, entry)).toThrow(message);
  });
});
