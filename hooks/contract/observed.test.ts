import { expect, test } from "vitest";
import { ConfigMap, Namespace } from "../../api/builtin.ts";
import type { KubernetesObject } from "../../api/resource.ts";
import { WorkerRelease } from "../../api/workers/worker-release.ts";
import { syncRequest } from "../../test/objects/request.ts";
import { account, now, workerRelease } from "../../test/objects/workers.ts";
import { isTerminating, observe } from "./observed.ts";

function configMap(name: string, namespace: string): KubernetesObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace } };
}

const parent = account();
const cluster = { apiVersion: "v1", kind: "Namespace", metadata: { name: "team" } };
const related = [configMap("b", "team"), configMap("a", "team"), configMap("a", "other"), cluster];

function observed(keys: "v1" | "v2", objects: readonly KubernetesObject[] = related) {
  return observe(syncRequest({ parent, related: objects, children: [workerRelease("r1")], keys }), now);
}

test.each(["v1", "v2"] as const)("keys of %s are hidden: objects are found by kind, name and namespace", (keys) => {
  const { related, children } = observed(keys);
  expect(related.get(ConfigMap, "a")?.metadata.namespace).toBe("team");
  expect(related.get(ConfigMap, "a", "other")?.metadata.namespace).toBe("other");
  expect(related.get(ConfigMap, "c")).toBeUndefined();
  expect(related.get(Namespace, "team")).toBe(cluster);
  expect(children.get(WorkerRelease, "r1")?.metadata.name).toBe("r1");
  expect(children.all(ConfigMap)).toEqual([]);
});

test("lists are sorted by namespace and name, whatever the order of arrival", () => {
  const names = (objects: readonly KubernetesObject[]) =>
    observed("v2", objects)
      .related.all(ConfigMap)
      .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  expect(names(related)).toEqual(["other/a", "team/a", "team/b"]);
  expect(names([...related].reverse())).toEqual(names(related));
});

test("objects without a namespace are sorted by name", () => {
  const namespaces = ["b", "a"].map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } }));
  const { related } = observed("v2", namespaces);
  expect(related.all(Namespace).map(({ metadata }) => metadata.name)).toEqual(["a", "b"]);
});

test("a caller cannot change what others see", () => {
  const { related } = observed("v2");
  related.all(ConfigMap).pop();
  expect(related.all(ConfigMap)).toHaveLength(3);
});

test("the stored form of a desired object is found by kind and name, in the parent's namespace", () => {
  const { related } = observed("v2");
  const desired: KubernetesObject = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } };
  expect(related.find(desired)?.metadata.namespace).toBe("team");
  expect(related.find({ ...desired, apiVersion: "v2" })).toBeUndefined();
});

test("two objects of one name are one, and a list of them is still sorted", () => {
  const twice = observe(
    {
      parent,
      related: { one: { a: configMap("a", "team") }, two: { a: configMap("a", "team") } },
      children: {},
      finalizing: false,
    },
    now,
  );
  expect(twice.related.all(ConfigMap)).toHaveLength(2);
});

test("an object is terminating from the moment that its end was asked for", () => {
  expect(isTerminating(account())).toBe(false);
  expect(isTerminating(account({}, { deletionTimestamp: now }))).toBe(true);
});
