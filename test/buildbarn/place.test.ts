import { expect, test } from "vitest";
import { documents, farmOf } from "./farm.ts";
import { environmentOf, localConfig, nameOf, type Place, type Ports, placesOf } from "./native/place.ts";

const places = placesOf(farmOf(documents("minimal.yaml")));
const ports: Ports = new Map([
  ["storage-0:8981", 1001],
  ["storage-1:8981", 1002],
  ["scheduler:8983", 1003],
  ["worker:9980", 1004],
]);

function placeOf(name: string): Place {
  return places.find((place) => nameOf(place) === name) as Place;
}

test("a storage has all its pods, and the runner is up before its worker", () => {
  expect(places.map(nameOf)).toEqual([
    "storage-0/storage",
    "storage-1/storage",
    "scheduler/scheduler",
    "frontend/frontend",
    "browser/browser",
    "worker/runner",
    "worker/worker",
  ]);
});

test("addresses and paths are those of this machine; the rest is as it was", () => {
  const text = localConfig(placeOf("worker/worker"), "/farm/worker", ports);
  expect(text).toContain('"address": "127.0.0.1:1001"');
  expect(text).toContain('"address": "127.0.0.1:1003"');
  expect(text).toContain('"listenAddresses": ["127.0.0.1:1004"');
  expect(text).toContain('"address": "unix:///farm/worker/worker/runner"');
  expect(text).toContain('"buildDirectoryPath": "/farm/worker/worker/build"');
  expect(text).toContain('"pod": std.extVar("POD_NAME")');
  expect(environmentOf(placeOf("worker/worker"))).toEqual({ POD_NAME: "POD_NAME", NODE_NAME: "NODE_NAME" });
});

test.each([
  ['{"cleanTemporaryDirectories": ["/tmp"]}', "paths outside of /farm/worker: /tmp"],
  ['{"endpoint": {"address": "unix:///run/runner"}}', "paths outside of /farm/worker: /run/runner"],
  ['{"path": "/worker/../etc"}', "paths outside of /farm/worker: "],
  ['{"cleanProcessTable": true}', "end processes"],
])("a program that could do harm is not started: %s", (text, reason) => {
  const place = placeOf("worker/runner");
  const harmful = { ...place, program: { ...place.program, text } };
  expect(() => localConfig(harmful, "/farm/worker", ports)).toThrow(reason);
});
