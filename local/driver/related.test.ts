import { describe, expect, it } from "vitest";
import { ConfigMap, Namespace } from "../../api/builtin.ts";
import type { Discovery } from "./discovery.ts";
import { isRelated, relatedRule } from "./related.ts";

const known = [ConfigMap, Namespace];
const discovery: Discovery = {
  async find(apiVersion, plural) {
    const resource = known.find((each) => apiVersion === "v1" && each.plural === plural);
    return resource && { ...resource, hasStatus: false };
  },
  forget() {},
};
const parent = { apiVersion: "v1", kind: "Thing", metadata: { name: "p", namespace: "demo" } };
const rule = (
  entry: object,
  version: "v1" | "v2" = "v2",
  owner: typeof parent | { apiVersion: string; kind: string; metadata: { name: string } } = parent,
) =>
  relatedRule({ apiVersion: "v1", resource: "configmaps", ...entry }, "relatedResources[0]", version, owner, discovery);

const object = (name: string, namespace: string, labels: Record<string, string> = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace, labels },
});
const teams = (namespace: string) => ({ team: namespace });

describe("a rule", () => {
  it.each([
    [{ names: ["a"], labelSelector: {} }, /both names and a selector/],
    [{ namespace: "x", namespaceSelector: {} }, /both namespace and namespaceSelector/],
    [{ resource: "nosuchthings" }, /can't find resource nosuchthings in apiVersion v1/],
    [{ resource: "namespaces", namespaceSelector: {} }, /no namespace to select/],
    [{ extra: 1 }, /relatedResources\[0\]\.extra is unknown/],
  ])("%j is refused", async (entry, message) => {
    await expect(rule(entry)).rejects.toThrow(message);
  });

  it("of version v1 stays in the parent's namespace", async () => {
    await expect(rule({ namespace: "other" }, "v1")).rejects.toThrow(/needs version v2/);
    await expect(rule({ namespaceSelector: {} }, "v1")).rejects.toThrow(/needs version v2/);
    expect((await rule({}, "v1")).namespace).toBe("demo");
    expect((await rule({}, "v1", { ...parent, metadata: { name: "p" } })).namespace).toBeUndefined();
  });
});

describe("an object is related", () => {
  it("by name, in any namespace unless the rule says which", async () => {
    const byName = await rule({ names: ["a"] });
    expect(isRelated(byName, object("a", "other"), teams)).toBe(true);
    expect(isRelated(byName, object("b", "demo"), teams)).toBe(false);
    const inDemo = await rule({ names: ["a"], namespace: "demo" });
    expect(isRelated(inDemo, object("a", "other"), teams)).toBe(false);
  });

  it("by its labels and those of its namespace", async () => {
    const selected = await rule({
      labelSelector: { matchExpressions: [{ key: "src", operator: "In", values: ["x", "y"] }] },
      namespaceSelector: { matchLabels: { team: "demo" } },
    });
    expect(isRelated(selected, object("a", "demo", { src: "x" }), teams)).toBe(true);
    expect(isRelated(selected, object("a", "demo", { src: "z" }), teams)).toBe(false);
    expect(isRelated(selected, object("a", "other", { src: "x" }), teams)).toBe(false);
  });

  it("always, when the rule has neither names nor selectors", async () => {
    expect(isRelated(await rule({}), object("a", "other"), teams)).toBe(true);
  });
});
