/** The example of a whole farm, and the samples of the original with configuration that is written by hand. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parseAllDocuments } from "yaml";
import type { KubernetesObject } from "../../../api/resource.ts";
import { root } from "../harness/folders.ts";
import { kubectl } from "../kubectl.ts";
import { components, configMap, type Farm, minimalFarm, podsOf, startFarm } from "./farm.ts";

async function farmOf(...objects: KubernetesObject[]): Promise<Farm> {
  const farm = await startFarm(...objects);
  onTestFinished(() => farm.close());
  return farm;
}

test("all five resources of the example become ready", async () => {
  const farm = await farmOf(...minimalFarm());
  await farm.settled();
  for (const { spec, status, metadata } of components(farm)) {
    expect(status).toMatchObject({ state: "Ready", replicas: spec.replicas, readyReplicas: spec.replicas });
    expect(podsOf(farm, metadata.name)).toHaveLength(spec.replicas);
  }
  for (const [short, columns] of Object.entries(tables)) {
    const lines = (await kubectl(["get", short, "-n", farm.namespace])).trimEnd().split("\n");
    const cells = lines.map((line) => line.trim().split(/ {2,}/));
    expect(cells).toEqual([columns.split(" "), columns.split(" ").map(() => expect.stringMatching(/./))]);
  }
  const together = await kubectl(["get", "octoplane", "-n", farm.namespace, "-o", "name"]);
  expect(together.trimEnd().split("\n")).toHaveLength(5);
});

/** What `kubectl get` shows, by the short names. */
const tables = {
  bbst: "NAME STATE REPLICAS READY REASON SHARDS AGE",
  bbsched: "NAME STATE REPLICAS READY REASON STORAGE AGE",
  bbfe: "NAME STATE REPLICAS READY REASON STORAGE AGE",
  bbbr: "NAME STATE REPLICAS READY REASON URL AGE",
  bbw: "NAME STATE REPLICAS READY REASON CONCURRENCY AGE",
};

/** What is generated for the example is what a user would write: the programs read it as it is. */
function byHand(file: string): [string, string] {
  const text = readFileSync(join(root, "test/buildbarn/generated/minimal", file), "utf8");
  return [file.split("/").at(-1) ?? "", text];
}

test("the samples of the original become ready with a ConfigMap of the user", async () => {
  const text = readFileSync(join(root, "test/fixtures/buildbarn.yaml"), "utf8");
  const samples = parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject);
  const files = [
    "scheduler/scheduler.jsonnet",
    "storage/storage.jsonnet",
    "worker/worker-ubuntu22-04.jsonnet",
    "worker/runner-ubuntu22-04.jsonnet",
  ];
  const farm = await farmOf(configMap("buildbarn-config", Object.fromEntries(files.map(byHand))), ...samples);
  await farm.settled();
  const pods = components(farm).map(({ kind, metadata }) => [kind, podsOf(farm, metadata.name).length]);
  expect(Object.fromEntries(pods)).toEqual({ BuildbarnScheduler: 1, BuildbarnStorage: 2, BuildbarnWorker: 8 });
});
