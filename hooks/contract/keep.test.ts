import { expect, test } from "vitest";
import { keep } from "./keep.ts";

const server = { uid: "u", resourceVersion: "7", generation: 2, creationTimestamp: "2026-03-01T12:00:00Z" };

test("what the server wrote is left out, what the object says is kept", () => {
  const object = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "a", namespace: "team", labels: { app: "x", "controller-uid": "u" }, ...server },
    spec: { replicas: 1 },
    status: { phase: "Ready" },
  };
  expect(keep(object)).toEqual({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "a", namespace: "team", labels: { app: "x" } },
    spec: { replicas: 1 },
  });
});

test("nothing is made up: neither namespace nor labels nor spec", () => {
  const object = { apiVersion: "v1", kind: "Namespace", metadata: { name: "a", labels: { "controller-uid": "u" } } };
  expect(keep(object)).toEqual({ apiVersion: "v1", kind: "Namespace", metadata: { name: "a" } });
  expect(keep({ ...object, metadata: { name: "a" } })).toEqual(keep(object));
});

test("what a ConfigMap holds is kept, and that it cannot change", () => {
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { b: "c" }, immutable: true };
  expect(keep({ ...object, metadata: { ...object.metadata, ...server } })).toEqual(object);
});
