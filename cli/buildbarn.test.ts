/** Farms on the command line; no hook runs: statuses are what a test writes. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { ConfigMap, Namespace } from "../api/builtin.ts";
import type { KubernetesObject, Resource } from "../api/resource.ts";
import { type Component, farmKinds } from "../hooks/buildbarn/kinds.ts";
import type { ComponentConfig } from "./buildbarn/config.ts";
import type { PlatformStatus } from "./status/collect.ts";
import { octoplane, startCluster, type TestCluster } from "./test-command.ts";

const example = readFileSync(join(import.meta.dirname, "..", "examples", "buildbarn", "minimal.yaml"), "utf8");
const objects = parseAllDocuments(example).map((document) => document.toJSON() as KubernetesObject);

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.close());

async function farmIn(namespace: string): Promise<void> {
  await cluster.client.create(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  for (const object of objects.filter(({ kind }) => kind !== "Namespace")) {
    await cluster.client.create(kindOf(object.kind), {
      ...object,
      metadata: { ...object.metadata, namespace },
    } as Component);
  }
}

function kindOf(name: string): Resource<Component> {
  return farmKinds.find(({ kind }) => kind === name) as unknown as Resource<Component>;
}

async function say(kind: string, name: string, status: object): Promise<void> {
  const stored = await cluster.client.get(kindOf(kind), { namespace: "buildbarn", name });
  await cluster.client.replaceStatus(kindOf(kind), { ...stored, status } as Component);
}

function onCluster(...args: string[]) {
  return octoplane([...args, "--kubeconfig", cluster.kubeconfig]);
}

async function configs(...args: string[]): Promise<ComponentConfig[]> {
  const { stdout, stderr } = await onCluster("buildbarn", "config", ...args, "-o", "json");
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout);
}

const condition = (type: string, status: string, reason: string, message = reason) => ({
  ...{ type, status, reason, message },
  lastTransitionTime: "2026-11-21T12:00:00Z",
});

test("without farms there is nothing to say of them", async () => {
  expect((await onCluster("status")).stdout).not.toContain("farm");
  const { code, stderr } = await onCluster("buildbarn", "config");
  expect([code, stderr]).toEqual([1, expect.stringContaining("there is no Buildbarn resource; see:")]);
});

describe("a farm", () => {
  beforeAll(() => farmIn("buildbarn"));

  test("that nobody has looked at yet", async () => {
    const { farms, waiting } = JSON.parse((await onCluster("status", "-o", "json")).stdout) as PlatformStatus;
    expect(farms).toMatchObject([{ namespace: "buildbarn", components: Array(5).fill({ reason: "NotSeen" }) }]);
    expect(waiting).toContainEqual(expect.objectContaining({ kind: "BuildbarnStorage", reason: "NotSeen" }));
  });

  test("is a line per component in the status, with what is wrong and what is under way", async () => {
    await say("BuildbarnStorage", "storage", {
      ...{ replicas: 4, readyReplicas: 3, shardMap: { revision: 7, shards: 2 } },
      conditions: [condition("Ready", "False", "RollingOut"), condition("Progressing", "True", "Growing")],
    });
    await say("BuildbarnWorker", "worker", {
      ...{ replicas: 2, readyReplicas: 2, concurrency: 16 },
      conditions: [condition("Ready", "True", "Running"), condition("Degraded", "True", "PlatformConflict")],
    });
    const { stdout } = await onCluster("status");
    const lines = stdout.split("\n").map((line) => line.split(/ {2,}/));
    expect(stdout).toContain("farm in namespace buildbarn");
    expect(lines).toContainEqual(["storage", "storage", "RollingOut, Growing", "3/4", "2026-06", "2 shards"]);
    expect(lines).toContainEqual([
      "worker",
      "worker",
      "Running, PlatformConflict",
      "2/2",
      "2026-06",
      "16 actions at a time",
    ]);
    expect((await onCluster("status", "-n", "elsewhere")).stdout).not.toContain("farm");
  });

  test("whose storage has no shards yet shows the configuration that it will have", async () => {
    await say("BuildbarnStorage", "storage", {});
    const { stdout, stderr } = await onCluster("buildbarn", "config", "frontend");
    expect(stderr).toContain("BuildbarnFrontend buildbarn/frontend: no pod reads this yet");
    expect(stdout).toMatch(
      /^\/\/ BuildbarnFrontend buildbarn\/frontend, ConfigMap frontend-frontend-\w+: frontend\.jsonnet\n\{/,
    );
    expect(stdout).toContain('"address": "storage-1.storage.buildbarn:8981"');
    expect(await configs()).toMatchObject(
      ["storage", "scheduler", "frontend", "browser", "worker"].map((name) => ({ name, state: "Expected" })),
    );
    const [pool, ...others] = await configs("--component", "worker");
    expect(others).toEqual([]);
    expect(Object.keys(pool?.files ?? {})).toEqual(["worker-ubuntu22-04.jsonnet", "runner-ubuntu22-04.jsonnet"]);
  });

  test("shows what its pods read", async () => {
    await cluster.client.create(ConfigMap, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { namespace: "buildbarn", name: "browser-browser-1" },
      data: { "browser.jsonnet": "{}\n" },
    });
    await say("BuildbarnBrowser", "browser", { configMap: "browser-browser-1" });
    expect(await configs("browser")).toEqual([
      {
        ...{ kind: "BuildbarnBrowser", namespace: "buildbarn", name: "browser", state: "Used" },
        ...{ configMap: "browser-browser-1", files: { "browser.jsonnet": "{}\n" } },
      },
    ]);
    const yaml = (await onCluster("buildbarn", "config", "browser", "-o", "yaml")).stdout;
    expect(yaml).toContain("    browser.jsonnet: |\n");
  });

  test("that lacks something says what", async () => {
    await cluster.client.delete(kindOf("BuildbarnScheduler"), { namespace: "buildbarn", name: "scheduler" });
    const { stdout, stderr } = await onCluster("buildbarn", "config", "worker");
    expect(stdout).toBe("");
    expect(stderr).toContain("worker has no configuration yet: there is no BuildbarnScheduler in the namespace");
  });

  test("is told apart from another one by its namespace", async () => {
    await farmIn("second");
    const { code, stderr } = await onCluster("buildbarn", "config", "storage");
    expect([code, stderr]).toEqual([1, expect.stringContaining("with --namespace: buildbarn, second")]);
    expect(await configs("storage", "-n", "second")).toMatchObject([{ namespace: "second" }]);
  });
});
