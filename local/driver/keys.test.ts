import { describe, expect, it } from "vitest";
import { ConfigMap, Deployment, Namespace } from "../../api/builtin.ts";
import { groupKey, requestGroups, requestKey } from "./keys.ts";

const object = (name: string, namespace?: string) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, ...(namespace && { namespace }) },
});

describe("the key of an object in a request", () => {
  const namespaced = object("parent", "demo");
  const cluster = object("parent");

  it.each([
    ["v1", namespaced, object("a", "demo"), "a"],
    ["v1", namespaced, object("a", "other"), undefined],
    ["v1", namespaced, object("a"), undefined],
    ["v1", cluster, object("a", "demo"), "demo/a"],
    ["v1", cluster, object("a"), "a"],
    ["v2", namespaced, object("a", "demo"), "demo/a"],
    ["v2", namespaced, object("a", "other"), "other/a"],
    ["v2", namespaced, object("a"), "a"],
    ["v2", cluster, object("a", "demo"), "demo/a"],
    ["v2", cluster, object("a"), "a"],
  ] as const)("%s, parent %j, object %j: %s", (version, parent, child, key) => {
    expect(requestKey(version, parent, child)).toBe(key);
  });
});

it("names groups by kind and version, with the API group where there is one", () => {
  expect([ConfigMap, Deployment, Namespace].map(groupKey)).toEqual([
    "ConfigMap.v1",
    "Deployment.apps/v1",
    "Namespace.v1",
  ]);
});

it("opens empty groups, joins groups of one kind and sorts keys", () => {
  const groups = [
    { resource: ConfigMap, objects: [object("b", "demo")] },
    { resource: ConfigMap, objects: [object("a", "demo")] },
    { resource: Namespace, objects: [] },
  ];
  const request = requestGroups("v2", object("parent", "demo"), groups);
  expect(Object.keys(request)).toEqual(["ConfigMap.v1", "Namespace.v1"]);
  expect(new Set(Object.keys(request["ConfigMap.v1"] ?? {}))).toEqual(new Set(["demo/a", "demo/b"]));
});
