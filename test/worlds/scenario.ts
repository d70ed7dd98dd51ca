/**
 * The same account in both worlds: under the embedded API server, and under a real Kubernetes API with its controllers.
 * After every step both must hold the same objects: names, labels, owners, specs as stored and as the hooks sent them,
 * and the status of the platform's own kinds.
 */

import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { ConfigMap, Deployment, Event, Namespace, PodDisruptionBudget, Service } from "../../api/builtin.ts";
import type { KubernetesObject } from "../../api/resource.ts";
import { namespaceLabel } from "../../api/workers/fields.ts";
import { WorkerAccount } from "../../api/workers/worker-account.ts";
import { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { composites } from "../../hooks/composites.ts";
import type { MergePatch } from "../../kubernetes/client.ts";
import { account, bundle, change, namespace, script, workerAccount } from "./account.ts";
import { platformKinds, type ViewOptions, view } from "./view.ts";
import { startEmbeddedWorld, type World } from "./world.ts";

/** The controllers of a real cluster gather events for a second before they act. */
const patience = { timeout: 50_000, interval: 100 };

/** Registers the steps, which follow from each other, as tests. */
export function sameInBothWorlds(startReal: () => Promise<World>, options: ViewOptions = {}): void {
  let embedded: World;
  let real: World;

  beforeAll(async () => {
    [embedded, real] = await Promise.all([startEmbeddedWorld(), startReal()]);
  }, 120_000);
  afterAll(() => Promise.all([embedded?.close(), real?.close()]));

  async function inBoth(act: (world: World) => Promise<unknown>): Promise<void> {
    await Promise.all([embedded, real].map(act));
  }

  /** Resolves when both worlds are there and the same. */
  async function bothReach(condition: (world: World) => Promise<boolean>): Promise<void> {
    await inBoth((world) => expect.poll(() => condition(world), patience).toBe(true));
    await vi.waitFor(async () => {
      const views = [embedded, real].map(({ client }) => view(client, namespace, options));
      const [expected, actual] = await Promise.all(views);
      expect(actual).toEqual(expected);
    }, patience);
  }

  it("resolve the scripts of an account", async () => {
    await inBoth(async ({ client }) => {
      await client.create(Namespace, {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: namespace, labels: { [namespaceLabel]: "enabled" } },
      });
      for (const name of ["hello", "api"]) await client.create(WorkerDeployment, script(name));
    });
    await bothReach(areResolved);
  });

  it("build its release", async () => {
    await inBoth(({ client }) => client.create(WorkerAccount, workerAccount));
    await bothReach((world) => scriptsAre(world, "Building"));
  });

  it("serve it", async () => {
    await inBoth(({ nodes }) => nodes.endBuilds(namespace));
    await bothReach((world) => scriptsAre(world, "Serving"));
  });

  it("write nothing at rest", async () => {
    await inBoth(async (world) => {
      const before = await versions(world);
      await world.stopDriver();
      await world.startDriver();
      await expect.poll(() => unasked(world), patience).toEqual([]);
      await quiet(world);
      // Server-side apply remembers in memory what it has applied: after a start it says everything once more.
      if (options.applied !== false) expect(world.writes()).toEqual([]);
      expect(await versions(world)).toEqual(before);
    });
  });

  it("put back what somebody changed, and keep what somebody added", async () => {
    await inBoth(async ({ client }) => {
      const spec = { template: { spec: { terminationGracePeriodSeconds: 60 } } };
      await client.mergePatch(Deployment, bundle, { spec } as unknown as MergePatch<Deployment>);
      await client.mergePatch(Service, bundle, {
        metadata: { labels: { app: "other", team: "a" } },
        spec: { sessionAffinity: "ClientIP" },
      });
      await client.delete(PodDisruptionBudget, bundle);
    });
    await inBoth(({ client }) => expect.poll(() => client.get(PodDisruptionBudget, bundle), patience).toBeDefined());
    await bothReach((world) => scriptsAre(world, "Serving"));
    const service = await real.client.get(Service, bundle);
    expect(service?.metadata.labels).toMatchObject({ app: "acme-bundle", team: "a" });
  });

  it("say whose fault a failed build is, and serve what was good", async () => {
    await inBoth(({ client }) => change(client, "hello", "broken"));
    await bothReach((world) => scriptsAre(world, "Building", "hello"));
    await inBoth(({ nodes }) => nodes.endBuilds(namespace, 101));
    await bothReach((world) => scriptsAre(world, "WorkerFault", "hello"));
  });

  it("go on after the API server was away", async () => {
    await inBoth((world) => world.restartApiServer());
    await inBoth(({ client }) => change(client, "hello", "mended"));
    await bothReach((world) => scriptsAre(world, "Building", "hello"));
    await inBoth(({ nodes }) => nodes.endBuilds(namespace));
    await bothReach((world) => scriptsAre(world, "Serving"));
  });

  it("report nothing of it as an error", async () => {
    await inBoth(async ({ client }) => {
      const { items } = await client.list(Event);
      const warnings = items.filter(({ type, source }) => type === "Warning" && source?.component === "metacontroller");
      expect(warnings.map(({ message }) => message)).toEqual([]);
    });
  });

  it("delete what the account owned, and nothing of others", async () => {
    await inBoth(({ client }) =>
      client.create(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata: { ...account, name: "mine" } }),
    );
    await inBoth(({ client }) => client.delete(WorkerAccount, account));
    await bothReach(
      async ({ client }) =>
        kindsOf(await view(client, namespace)).join() === "ConfigMap,WorkerDeployment,WorkerVersion",
    );
  });

  it("delete a namespace with an account that is serving", async () => {
    await inBoth(({ client }) => client.create(WorkerAccount, workerAccount));
    await bothReach((world) => scriptsAre(world, "Building"));
    await inBoth(({ client }) => client.delete(Namespace, { name: namespace }));
    await inBoth(({ client }) =>
      expect.poll(() => client.get(Namespace, { name: namespace }), patience).toBeUndefined(),
    );
    await inBoth(async ({ client }) => expect(await view(client, namespace)).toEqual([]));
  });
}

async function areResolved({ client }: World): Promise<boolean> {
  const { items } = await client.list(WorkerDeployment, { namespace });
  return items.every(({ status }) => status?.serving !== undefined);
}

/** Whether this script, or every one, has that reason. */
async function scriptsAre({ client }: World, wanted: string, name?: string): Promise<boolean> {
  const { status } = (await client.get(WorkerAccount, account)) ?? {};
  const scripts = (status?.scripts ?? []).filter((each) => name === undefined || each.name === name);
  return scripts.length > 0 && scripts.every(({ reason }) => reason === wanted);
}

/** Resolves when the driver has written nothing for a second. */
async function quiet(world: World): Promise<void> {
  for (let before = -1; world.writes().length !== before; await delay(1000)) before = world.writes().length;
}

/** `<uid> <resourceVersion>`: what changes with every write that changes something. */
async function versions({ client }: World): Promise<string[]> {
  const lists = await Promise.all(platformKinds.map(async (kind) => (await client.list(kind, { namespace })).items));
  return lists.flat().map(({ metadata }) => `${metadata.uid} ${metadata.resourceVersion}`);
}

/** Parents that the hook server has not been asked about. */
async function unasked({ client, hooks }: World): Promise<string[]> {
  const parents = await Promise.all(composites.map(async ({ parent }) => (await client.list(parent)).items));
  return parents
    .flat()
    .map(({ kind, metadata }) => `${kind.toLowerCase()}/sync ${metadata.namespace}/${metadata.name}`)
    .filter((call) => !hooks.asked.has(call));
}

function kindsOf(objects: unknown[]): string[] {
  return [...new Set((objects as KubernetesObject[]).map(({ kind }) => kind))].sort();
}
