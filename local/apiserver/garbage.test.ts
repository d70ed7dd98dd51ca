import { describe, expect, test } from "vitest";
import { configMap, configMaps, eventually, startTestApi, type TestApi } from "./test-server.ts";

interface Created {
  kind: string;
  apiVersion: string;
  metadata: { name: string; uid: string };
}

function ownedBy(owner: Created, more: object = {}) {
  const { name, uid } = owner.metadata;
  return { apiVersion: owner.apiVersion, kind: owner.kind, name, uid, ...more };
}

async function exists(api: TestApi, name: string): Promise<boolean> {
  return (await api.request("GET", `${configMaps}/${name}`)).code === 200;
}

function isGone(api: TestApi, name: string): Promise<void> {
  return eventually(async () => !(await exists(api, name)));
}

describe("owner references", () => {
  test("an object goes with its last owner, and so does what it owns itself", async () => {
    const api = await startTestApi();
    const a = await api.create(configMaps, configMap("a"));
    const b = await api.create(configMaps, configMap("b", { ownerReferences: [ownedBy(a)] }));
    await api.create(configMaps, configMap("c", { ownerReferences: [ownedBy(b)] }));
    await api.create(configMaps, configMap("other"));
    await api.request("DELETE", `${configMaps}/a`);
    await isGone(api, "c");
    expect(await exists(api, "b")).toBe(false);
    expect(await exists(api, "other")).toBe(true);
  });

  test("an object with another owner stays and forgets the one that is gone", async () => {
    const api = await startTestApi();
    const [a, b] = [await api.create(configMaps, configMap("a")), await api.create(configMaps, configMap("b"))];
    await api.create(configMaps, configMap("c", { ownerReferences: [ownedBy(a), ownedBy(b)] }));
    await api.request("DELETE", `${configMaps}/a`);
    await eventually(async () => (await api.get(`${configMaps}/c`)).metadata.ownerReferences.length === 1);
    expect((await api.get(`${configMaps}/c`)).metadata.ownerReferences).toEqual([ownedBy(b)]);
  });

  test("an object whose owner never was is collected: owners are known by uid, not by name", async () => {
    const api = await startTestApi();
    const a = await api.create(configMaps, configMap("a"));
    await api.create(configMaps, configMap("b", { ownerReferences: [{ ...ownedBy(a), uid: "another" }] }));
    await isGone(api, "b");
  });

  test("an owner in another namespace does not count", async () => {
    const api = await startTestApi();
    await api.create("/api/v1/namespaces", { metadata: { name: "other" } });
    const owner = await api.create("/api/v1/namespaces/other/configmaps", configMap("a"));
    await api.create(configMaps, configMap("b", { ownerReferences: [ownedBy(owner)] }));
    await isGone(api, "b");
  });

  test("foreground deletion waits for what blocks it", async () => {
    const api = await startTestApi();
    const a = await api.create(configMaps, configMap("a"));
    const reference = ownedBy(a, { blockOwnerDeletion: true });
    await api.create(configMaps, configMap("b", { ownerReferences: [reference], finalizers: ["example.com/x"] }));
    await api.request("DELETE", `${configMaps}/a`, { propagationPolicy: "Foreground" });
    await eventually(async () => (await api.get(`${configMaps}/b`)).metadata.deletionTimestamp !== undefined);
    expect((await api.get(`${configMaps}/a`)).metadata.finalizers).toEqual(["foregroundDeletion"]);
    await api.patch(`${configMaps}/b`, { metadata: { finalizers: null } });
    await isGone(api, "a");
  });

  test("foreground deletion does not wait for the rest", async () => {
    const api = await startTestApi();
    const a = await api.create(configMaps, configMap("a"));
    await api.create(configMaps, configMap("b", { ownerReferences: [ownedBy(a)], finalizers: ["example.com/x"] }));
    await api.request("DELETE", `${configMaps}/a?propagationPolicy=Foreground`);
    await isGone(api, "a");
    expect(await exists(api, "b")).toBe(true);
  });

  test("foreground deletion goes down to grandchildren first", async () => {
    const api = await startTestApi();
    const a = await api.create(configMaps, configMap("a"));
    const b = await api.create(
      configMaps,
      configMap("b", { ownerReferences: [ownedBy(a, { blockOwnerDeletion: true })] }),
    );
    const reference = ownedBy(b, { blockOwnerDeletion: true });
    await api.create(configMaps, configMap("c", { ownerReferences: [reference], finalizers: ["example.com/x"] }));
    await api.request("DELETE", `${configMaps}/a`, { propagationPolicy: "Foreground" });
    await eventually(async () => (await api.get(`${configMaps}/c`)).metadata.deletionTimestamp !== undefined);
    expect(await exists(api, "a")).toBe(true);
    await api.patch(`${configMaps}/c`, { metadata: { finalizers: null } });
    await isGone(api, "a");
    expect(await exists(api, "b")).toBe(false);
  });

  test("orphan deletion leaves what was owned", async () => {
    const api = await startTestApi();
    const a = await api.create(configMaps, configMap("a"));
    await api.create(configMaps, configMap("b", { ownerReferences: [ownedBy(a)] }));
    await api.request("DELETE", `${configMaps}/a`, { propagationPolicy: "Orphan" });
    await isGone(api, "a");
    expect((await api.get(`${configMaps}/b`)).metadata).not.toHaveProperty("ownerReferences");
  });
});

describe("namespaces", () => {
  const namespaces = "/api/v1/namespaces";

  test("take their content with them, and nothing new comes in", async () => {
    const api = await startTestApi();
    await api.create(namespaces, { metadata: { name: "ns" } });
    await api.create(`${namespaces}/ns/configmaps`, configMap("a", { finalizers: ["example.com/x"] }));
    await api.create(`${namespaces}/ns/secrets`, { metadata: { name: "s" } });
    expect((await api.request("DELETE", `${namespaces}/ns`)).body).toMatchObject({ status: { phase: "Terminating" } });
    const refusal = await api.refusal("POST", `${namespaces}/ns/configmaps`, configMap("b"));
    expect(refusal).toMatchObject({ code: 403, reason: "Forbidden" });
    expect(refusal.message).toContain("because it is being terminated");

    await eventually(async () => (await api.request("GET", `${namespaces}/ns/secrets/s`)).code === 404);
    expect((await api.get(`${namespaces}/ns`)).status.phase).toBe("Terminating");
    await api.patch(`${namespaces}/ns/configmaps/a`, { metadata: { finalizers: null } });
    await eventually(async () => (await api.request("GET", `${namespaces}/ns`)).code === 404);
  });

  test("default stays", async () => {
    const api = await startTestApi();
    const status = await api.refusal("DELETE", `${namespaces}/default`);
    expect(status.message).toBe('namespaces "default" is forbidden: this namespace may not be deleted');
  });
});
