/** What the recordings in test/vectors do not show; against the local API server. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { ConfigMap, Event } from "../../api/builtin.ts";
import type { KubernetesObject } from "../../api/resource.ts";
import { connect, type MergePatch } from "../../kubernetes/client.ts";
import { CustomResourceDefinition, Thing } from "../../test/vectors/kinds.ts";
import type { HookRequest } from "../../test/vectors/recording.ts";
import { startWorld, type World } from "../../test/vectors/world.ts";
import { startApiServer } from "../apiserver/start.ts";
import { compositeControllerDefinition } from "../platform/metacontroller.ts";
import { CompositeController } from "./composite-controller.ts";
import { startDriver } from "./start.ts";

const worlds: World[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

type Answer = { status?: object; children?: unknown[]; [field: string]: unknown };

/** A world with one controller `c`; `answer` is asked at every call of any hook. */
async function worldWith(
  spec: Partial<CompositeController["spec"]>,
  answer: (request: HookRequest, hook: string) => Answer,
) {
  const world = await startWorld({ jobStatus: false, unordered: [], withoutKids: false });
  worlds.push(world);
  const calls: { hook: string; request: HookRequest }[] = [];
  world.answer = ({ hook, request }) => {
    calls.push({ hook, request });
    return { status: 200, body: answer(request, hook) };
  };
  await world.startDriver();
  await world.client.create(CompositeController, controller(spec));
  return { ...world, calls };
}

function controller(spec: Partial<CompositeController["spec"]>): CompositeController {
  return {
    apiVersion: "metacontroller.k8s.io/v1alpha1",
    kind: "CompositeController",
    metadata: { name: "c" },
    spec: {
      parentResource: { apiVersion: "vectors.example.com/v1", resource: "things" },
      childResources: [{ apiVersion: "v1", resource: "configmaps", updateStrategy: { method: "InPlace" } }],
      hooks: { sync: hook("sync") },
      ...spec,
    },
  };
}

const hook = (name: string) => ({ version: "v2", webhook: { url: `http://hook.example/${name}` } });
const thing = (name: string, spec: object = {}) =>
  ({
    apiVersion: "vectors.example.com/v1",
    kind: "Thing",
    metadata: { namespace: "demo", name },
    spec,
  }) as KubernetesObject;
const configMap = (name: string, labels: Record<string, string> = {}): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { namespace: "demo", name, labels },
});
const key = (name: string) => ({ namespace: "demo", name });
const eventually = (assertion: () => unknown) => expect.poll(assertion, { timeout: 4_000, interval: 5 });
const patch = (value: object) => value as MergePatch<KubernetesObject>;

function messages({ events }: World, reason: string): string[] {
  return events
    .list()
    .filter((event) => event.reason === reason)
    .map(({ message = "" }) => message);
}

describe("children are told apart by selector and owner", () => {
  const selector = { matchLabels: { app: "a" } };

  it("adopts orphans that match, and deletes those that are not desired", async () => {
    const wanted = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "wanted", labels: { app: "a" } } };
    const world = await worldWith({}, () => ({ children: [wanted] }));
    await world.client.create(ConfigMap, configMap("wanted", { app: "a" }));
    await world.client.create(ConfigMap, configMap("unwanted", { app: "a" }));
    await world.client.create(ConfigMap, configMap("foreign", { app: "b" }));
    await world.client.create(Thing, thing("t", { selector }));
    const owned = ({ metadata }: KubernetesObject) => `${metadata.name} ${metadata.ownerReferences?.[0]?.name}`;
    await eventually(() => world.objects("ConfigMap").map(owned).sort()).toEqual(["foreign undefined", "wanted t"]);
  });

  it("adopts an orphan that comes to match later", async () => {
    const world = await worldWith({}, ({ children = {} }) => ({
      status: { count: Object.keys(children["ConfigMap.v1"] ?? {}).length },
    }));
    await world.client.create(ConfigMap, configMap("late"));
    await world.client.create(Thing, thing("t", { selector }));
    await eventually(() => world.calls.length).toBeGreaterThan(0);
    await world.client.mergePatch(ConfigMap, key("late"), { metadata: { labels: { app: "a" } } });
    await eventually(() => world.objects("ConfigMap")).toEqual([]);
    expect(world.writes.some(({ verb, path }) => verb === "PUT" && path.endsWith("/late"))).toBe(true);
  });

  it("releases a child whose labels stop to match", async () => {
    const child = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c1", labels: { app: "a" } } };
    const world = await worldWith({}, () => ({ children: [child] }));
    await world.client.create(Thing, thing("t", { selector }));
    await eventually(() => world.objects("ConfigMap").length).toBe(1);
    await world.client.mergePatch(ConfigMap, key("c1"), { metadata: { labels: { app: "b" } } });
    await eventually(() => world.objects("ConfigMap")[0]?.metadata.ownerReferences ?? []).toEqual([]);
  });

  it("says so when the parent has no selector", async () => {
    const world = await worldWith({}, () => ({}));
    await world.client.create(Thing, thing("t"));
    await eventually(() => messages(world, "SyncError").join()).toMatch(/spec\.selector is missing or empty/);
    expect(world.calls).toEqual([]);
  });
});

describe("what wakes a parent", () => {
  it("is not its status under ignoreStatusChanges, but its labels", async () => {
    const parentResource = { apiVersion: "vectors.example.com/v1", resource: "things", ignoreStatusChanges: true };
    const world = await worldWith({ parentResource, generateSelector: true }, () => ({ status: { phase: "Ready" } }));
    await world.client.create(Thing, thing("t"));
    await eventually(() => world.writes.length).toBe(1);
    await world.client.mergePatch(Thing, key("t"), patch({ status: { phase: "Failed" } }), { subresource: "status" });
    await world.client.mergePatch(Thing, key("t"), patch({ metadata: { labels: { a: "b" } } }));
    await eventually(() => world.calls.length).toBe(2);
    expect(world.calls.map(({ request }) => request.parent.metadata.labels)).toEqual([undefined, { a: "b" }]);
  });

  it("is a related object; version v1 sees the parent's namespace only", async () => {
    const related = {
      relatedResources: [{ apiVersion: "v1", resource: "configmaps", labelSelector: { matchLabels: { src: "x" } } }],
    };
    const v1 = (name: string) => ({ ...hook(name), version: "v1" });
    const spec = {
      childResources: [],
      generateSelector: true,
      hooks: { sync: v1("sync"), customize: v1("customize") },
    };
    const world = await worldWith(spec, (_request, name) => (name === "customize" ? related : {}));
    await world.client.create(ConfigMap, {
      ...configMap("far", { src: "x" }),
      metadata: { ...configMap("far", { src: "x" }).metadata, namespace: "demo-other" },
    });
    await world.client.create(Thing, thing("t"));
    await eventually(() => world.calls.filter(({ hook }) => hook === "sync").length).toBeGreaterThan(0);
    await world.client.create(ConfigMap, configMap("near", { src: "x" }));
    const seen = () =>
      Object.keys(world.calls.findLast(({ hook }) => hook === "sync")?.request.related?.["ConfigMap.v1"] ?? {});
    await eventually(seen).toEqual(["near"]);
  });
});

describe("a refused answer", () => {
  it("writes nothing and says why", async () => {
    const world = await worldWith({ generateSelector: true }, () => ({ status: { phase: "Ready" }, children: [null] }));
    await world.client.create(Thing, thing("t"));
    await eventually(() => messages(world, "SyncError").join()).toMatch(
      /children\[0\] is null, which crashes Metacontroller/,
    );
    expect(world.writes).toEqual([]);
  });
});

describe("a controller", () => {
  const child = (v: string) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c1" }, data: { v } });

  it("that cannot be run says why, and runs once it is mended", async () => {
    const rolling = [{ apiVersion: "v1", resource: "configmaps", updateStrategy: { method: "RollingInPlace" } }];
    const world = await worldWith({ generateSelector: true, childResources: rolling }, () => ({
      children: [child("1")],
    }));
    await world.client.create(Thing, thing("t"));
    await eventually(() => messages(world, "CreateError").join()).toMatch(/RollingInPlace stalls/);
    const { childResources } = controller({}).spec;
    await world.client.mergePatch(CompositeController, { name: "c" }, { spec: { childResources } } as object);
    await eventually(() => world.objects("ConfigMap").length).toBe(1);
  });

  it("follows its spec: without its finalize hook the finalizer goes, without itself no hook is called", async () => {
    const hooks = { sync: hook("sync"), finalize: hook("finalize") };
    const world = await worldWith({ generateSelector: true, hooks }, () => ({}));
    await world.client.create(Thing, thing("t"));
    const finalizers = () => world.objects("Thing")[0]?.metadata.finalizers ?? [];
    await eventually(finalizers).toEqual(["metacontroller.io/compositecontroller-c"]);
    await world.client.mergePatch(CompositeController, { name: "c" }, {
      spec: { hooks: { finalize: null } },
    } as object);
    await eventually(finalizers).toEqual([]);

    await world.client.delete(CompositeController, { name: "c" });
    await eventually(async () => {
      const before = world.calls.length;
      await world.client.mergePatch(Thing, key("t"), patch({ metadata: { labels: { at: String(before) } } }));
      await new Promise((resolve) => setTimeout(resolve, 20));
      return world.calls.length - before;
    }).toBe(0);
  });
});

it("goes on after the API server was away", async () => {
  const directory = mkdtempSync(join(tmpdir(), "driver-"));
  const dataFile = join(directory, "state.db");
  const first = await startApiServer({ dataFile });
  const options = { dataFile, port: Number(new URL(first.url).port), token: first.token };
  const client = connect({ url: first.url, token: first.token });
  await client.create(CustomResourceDefinition, compositeControllerDefinition as never);
  const driver = await startDriver({ client });
  await first.close();

  const second = await startApiServer(options);
  await client.create(
    CompositeController,
    controller({ parentResource: { apiVersion: "v1", resource: "configmaps" } }),
  );
  await eventually(async () => (await client.list(Event)).items.map(({ message }) => message).join()).toMatch(
    /parent resource "configmaps" in v1 has no status subresource/,
  );
  await driver.close();
  await second.close();
  rmSync(directory, { recursive: true });
});
