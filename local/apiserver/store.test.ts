import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openStore } from "./store.ts";
import { configMap } from "./test-server.ts";

function key(name: string) {
  return { resource: "configmaps", namespace: "default", name };
}

function temporaryFile(): string {
  const file = join(mkdtempSync(join(tmpdir(), "octoplane-")), "data.sqlite");
  onTestFinished(() => rmSync(dirname(file), { recursive: true, force: true }));
  return file;
}

test("counts every write and every deletion, across restarts", () => {
  const file = temporaryFile();
  const first = openStore(file);
  const start = first.revision();
  const stored = first.put(key("a"), configMap("a", { uid: "1" }));
  expect(stored.metadata.resourceVersion).toBe(String(start + 1));
  expect(first.remove(key("a"), stored).metadata.resourceVersion).toBe(String(start + 2));
  first.close();

  const second = openStore(file);
  expect(second.revision()).toBe(start + 2);
  expect(second.get(key("a"))).toBeUndefined();
  second.close();
});

test("finds objects by namespace, uid and owner", () => {
  const store = openStore(":memory:");
  const ownerReferences = [{ apiVersion: "v1", kind: "ConfigMap", name: "a", uid: "1" }];
  const a = store.put(key("a"), configMap("a", { uid: "1" }));
  const b = store.put(key("b"), configMap("b", { uid: "2", ownerReferences }));
  expect(store.list("configmaps", "default")).toEqual([a, b]);
  expect(store.list("configmaps", "other")).toEqual([]);
  expect(store.find("2")).toEqual({ key: key("b"), object: b });
  expect(store.dependents("1")).toEqual([key("b")]);
  store.put(key("b"), configMap("b", { uid: "2" }), b);
  expect(store.dependents("1")).toEqual([]);
});

test("remembers what a stop has interrupted", () => {
  const store = openStore(":memory:");
  const ownerReferences = [{ apiVersion: "v1", kind: "ConfigMap", name: "gone", uid: "9" }];
  store.put(key("a"), configMap("a", { uid: "1" }));
  store.put(key("b"), configMap("b", { uid: "2", ownerReferences }));
  store.put(key("c"), configMap("c", { uid: "3", deletionTimestamp: "2026-01-01T00:00:00Z" }));
  expect(store.unfinished()).toEqual([key("b"), key("c")]);
});

test("stores nothing of a write that fails, and goes on", () => {
  const store = openStore(":memory:");
  const start = store.revision();
  store.put(key("a"), configMap("a", { uid: "1" }));
  expect(() => store.put(key("b"), configMap("b", { uid: "1" }))).toThrow(/UNIQUE/);
  expect(store.revision()).toBe(start + 1);
  const next = store.put(key("c"), configMap("c", { uid: "3" }));
  expect(next.metadata.resourceVersion).toBe(String(start + 2));
});

test("publishes a change when it is stored", () => {
  const store = openStore(":memory:");
  const seen: unknown[] = [];
  store.feed.subscribe(({ type, key: { name } }) => seen.push([type, name, store.get(key(name)) !== undefined]));
  const a = store.put(key("a"), configMap("a", { uid: "1" }));
  const changed = store.put(key("a"), configMap("a", { uid: "1" }), a);
  store.remove(key("a"), changed);
  expect(seen).toEqual([
    ["ADDED", "a", true],
    ["MODIFIED", "a", true],
    ["DELETED", "a", false],
  ]);
});

test("keeps a second server out of its file", () => {
  const file = temporaryFile();
  const store = openStore(file);
  expect(() => openStore(file)).toThrow(/locked/);
  store.close();
});
