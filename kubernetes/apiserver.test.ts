/** The client and the cache against the local API server. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ConfigMap, Deployment, Namespace } from "../api/builtin.ts";
import { type ApiServer, startApiServer } from "../local/apiserver/start.ts";
import { cache } from "./cache.ts";
import { connect, isAlreadyExists, isConflict, isInvalid, type KubernetesClient } from "./client.ts";

let server: ApiServer;
let client: KubernetesClient;

beforeAll(async () => {
  server = await startApiServer({ dataFile: ":memory:" });
  client = connect({ url: server.url, token: server.token });
});
afterAll(() => server.close());

const namespace = "default";
const configMap = (name: string, data: Record<string, string> = {}): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { namespace, name, labels: { app: name } },
  data,
});
const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe("objects", () => {
  it("are created, read, listed, replaced, patched and deleted", async () => {
    const created = await client.create(ConfigMap, configMap("crud", { v: "1" }));
    expect(await client.get(ConfigMap, { namespace, name: "crud" })).toEqual(created);
    const { items } = await client.list(ConfigMap, { namespace, labelSelector: "app=crud" });
    expect(items).toEqual([created]);
    const replaced = await client.replace(ConfigMap, { ...created, data: { v: "2", w: "3" } });
    const patched = await client.mergePatch(ConfigMap, replaced.metadata, { data: { w: null } });
    expect(patched.data).toEqual({ v: "2" });
    await client.delete(ConfigMap, { namespace, name: "crud" });
    expect(await client.get(ConfigMap, { namespace, name: "crud" })).toBeUndefined();
  });

  it("are protected by preconditions", async () => {
    const old = await client.create(ConfigMap, configMap("versions"));
    const { metadata } = await client.mergePatch(ConfigMap, old.metadata, { data: { v: "1" } });
    const { resourceVersion = "" } = old.metadata;
    expect(isConflict(await errorOf(client.replace(ConfigMap, old)))).toBe(true);
    const patch = { metadata: { resourceVersion }, data: { v: "2" } };
    expect(isConflict(await errorOf(client.mergePatch(ConfigMap, old.metadata, patch)))).toBe(true);
    expect(isConflict(await errorOf(client.delete(ConfigMap, metadata, { uid: "another" })))).toBe(true);
    expect(isConflict(await errorOf(client.delete(ConfigMap, metadata, { resourceVersion })))).toBe(true);
    expect(isAlreadyExists(await errorOf(client.create(ConfigMap, configMap("versions"))))).toBe(true);
  });

  it("are refused with the field's name", async () => {
    const error = await errorOf(client.create(ConfigMap, configMap("Not_A_Name")));
    expect(isInvalid(error)).toBe(true);
    expect(String(error)).toContain("metadata.name");
  });

  it("have a status of their own", async () => {
    const spec = {
      selector: { matchLabels: { app: "a" } },
      template: { metadata: { labels: { app: "a" } }, spec: { containers: [{ name: "c", image: "i" }] } },
    };
    const deployment = { apiVersion: "apps/v1", kind: "Deployment", metadata: { namespace, name: "d" }, spec } as const;
    const created = await client.create(Deployment, deployment);
    const changed = await client.replaceStatus(Deployment, { ...created, status: { replicas: 2 } });
    expect(changed.metadata.generation).toBe(1);
    const patched = await client.mergePatch(
      Deployment,
      changed.metadata,
      { status: { readyReplicas: 1 } },
      { subresource: "status" },
    );
    expect(patched.status).toMatchObject({ replicas: 2, readyReplicas: 1 });
  });

  it("may have no namespace", async () => {
    await client.create(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: "team" } });
    expect((await client.get(Namespace, { name: "team" }))?.metadata.name).toBe("team");
  });
});

it("a wrong token is an error", async () => {
  const stranger = connect({ url: server.url, token: "wrong" });
  expect(await errorOf(stranger.list(ConfigMap))).toMatchObject({ status: 401 });
});

it("a cache follows one selection of one namespace", async () => {
  const objects = cache(client, ConfigMap, { namespace, labelSelector: "app=seen" });
  const changes: string[] = [];
  objects.onChange((type, { data }, old) => changes.push([type, data?.v, old?.data?.v].join(" ")));
  await objects.ready;
  await client.create(ConfigMap, configMap("unseen"));
  const { metadata } = await client.create(ConfigMap, configMap("seen", { v: "1" }));
  await client.mergePatch(ConfigMap, metadata, { data: { v: "2" } });
  await client.mergePatch(ConfigMap, metadata, { metadata: { labels: { app: "other" } } });
  await objects.waitFor(() => changes.length === 3);
  expect(changes).toEqual(["ADDED 1 ", "MODIFIED 2 1", "DELETED 2 "]);
  objects.close();
});
