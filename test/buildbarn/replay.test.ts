import { expect, test } from "vitest";
import { BuildbarnStorage } from "../../api/buildbarn/buildbarn-storage.ts";
import type { KubernetesObject } from "../../api/resource.ts";
import { type Seen, violations } from "./replay.ts";

/** A history as it is written: each line is stored after the one before. */
function replay(lines: readonly [Seen["type"], KubernetesObject][]): string[] {
  const history = lines.map(([type, object], index): Seen => {
    const metadata = { ...object.metadata, resourceVersion: String(index + 99) };
    return { type, object: { ...object, metadata } };
  });
  // Watches of several kinds come in any order.
  return violations("storage", history.toReversed());
}

function object(kind: string, name: string, more: object = {}, metadata: object = {}): KubernetesObject {
  return { apiVersion: "v1", kind, metadata: { name, ...metadata }, ...more };
}

function shard(ordinal: number, isReady = true, metadata: object = {}): KubernetesObject {
  const status = { conditions: [{ type: "Ready", status: isReady ? "True" : "False" }] };
  const labels = { app: "storage", component: "storage" };
  return object("Pod", `storage-${ordinal}`, { status }, { uid: `uid-${ordinal}`, labels, ...metadata });
}

function config(name: string, ...ordinals: number[]): KubernetesObject {
  const text = ordinals.map((ordinal) => `{ "address": "storage-${ordinal}.storage.team:8981" }`).join();
  return object("ConfigMap", name, { data: { "worker-a.jsonnet": text } });
}

function client(name: string, configMap: string, phase = "Running", metadata: object = {}): KubernetesObject {
  const spec = { volumes: [{ name: "configs", configMap: { name: configMap } }] };
  return object(
    "Pod",
    name,
    { spec, status: { phase } },
    { labels: { app: "worker", component: "worker" }, ...metadata },
  );
}

function map(shards: number): KubernetesObject {
  return object(BuildbarnStorage.kind, "storage", { status: { shardMap: { revision: 1, shards } } });
}

const ending = { deletionTimestamp: "2026-03-01T12:00:00Z" };
const two: [Seen["type"], KubernetesObject][] = [
  ["ADDED", shard(0)],
  ["ADDED", shard(1)],
  ["MODIFIED", map(2)],
  ["ADDED", config("old", 0, 1)],
  ["ADDED", client("a", "old")],
];

test("a farm that grows and shrinks in order has none", () => {
  expect(
    replay([
      ...two,
      ["MODIFIED", map(1)],
      ["ADDED", config("new", 0)],
      ["ADDED", client("b", "new")],
      ["MODIFIED", client("a", "old", "Running", ending)],
      ["DELETED", client("a", "old")],
      ["MODIFIED", shard(1, true, ending)],
      ["DELETED", shard(1, false)],
    ]),
  ).toEqual([]);
});

test("a client that has ended uses nothing, though its pod is still there", () => {
  expect(replay([...two, ["MODIFIED", client("a", "old", "Succeeded", ending)], ["DELETED", shard(1)]])).toEqual([]);
});

test.each<[string, [Seen["type"], KubernetesObject][], string]>([
  [
    "a published map with a shard that is not ready",
    [
      ["ADDED", shard(0)],
      ["ADDED", shard(1, false)],
      ["MODIFIED", map(2)],
    ],
    "101 MODIFIED BuildbarnStorage storage: tells of storage-1, which is not ready",
  ],
  [
    "configuration with a shard that is not there",
    [
      ["ADDED", shard(0)],
      ["ADDED", config("c", 0, 1)],
    ],
    "100 ADDED ConfigMap c: tells of storage-1, which is not ready",
  ],
  [
    "a client that starts with a shard that has gone",
    [
      ["ADDED", shard(0)],
      ["ADDED", config("c", 0)],
      ["DELETED", shard(0)],
      ["ADDED", client("a", "c")],
    ],
    "102 ADDED Pod a: tells of storage-0, which is not ready",
  ],
  [
    "a shard that is told to stop while it is used",
    [...two, ["MODIFIED", shard(1, true, ending)]],
    "104 MODIFIED Pod storage-1: storage-1 goes while a uses it",
  ],
  [
    "a shard that goes while a pod that was told to stop still uses it",
    [...two, ["MODIFIED", client("a", "old", "Running", ending)], ["DELETED", shard(1)]],
    "105 DELETED Pod storage-1: storage-1 goes while a uses it",
  ],
  [
    "a shard that stops being ready while it is used",
    [...two, ["MODIFIED", shard(0, false)]],
    "104 MODIFIED Pod storage-0: storage-0 goes while a uses it",
  ],
  [
    "a shard that goes while configuration is gone and its pod is not",
    [...two, ["DELETED", config("old", 0, 1)], ["DELETED", shard(1)]],
    "105 DELETED Pod storage-1: storage-1 goes while a uses it",
  ],
])("%s is one", (_, history, violation) => {
  expect(replay(history)).toEqual([violation]);
});
