import { describe, expect, test } from "vitest";
import { configMap, configMaps, crds, startTestApi, thing, thingDefinition, things } from "./test-server.ts";

describe("create", () => {
  test("sets what is the server's and keeps what is the client's", async () => {
    const api = await startTestApi();
    const sent = {
      ...configMap("a", { labels: { app: "x" }, uid: "mine", generation: 7, managedFields: [{}] }),
      data: { k: "v" },
    };
    const object = await api.create(configMaps, sent);
    expect(object.metadata).toMatchObject({ name: "a", namespace: "default", labels: { app: "x" } });
    expect(object.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(object.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(object.metadata).not.toHaveProperty("managedFields");
    expect(object.metadata).not.toHaveProperty("generation");
    expect(await api.get(`${configMaps}/a`)).toEqual(object);
  });

  test("of a name that is taken is refused in the words of Kubernetes", async () => {
    const api = await startTestApi();
    await api.create(configMaps, configMap("a"));
    expect(await api.refusal("POST", configMaps, configMap("a"))).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: 'configmaps "a" already exists',
      reason: "AlreadyExists",
      details: { name: "a", kind: "configmaps" },
      code: 409,
    });
  });

  test("makes a name from generateName", async () => {
    const api = await startTestApi();
    const made = await api.create(configMaps, { metadata: { generateName: "a-" } });
    expect(made.metadata.name).toMatch(/^a-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(made.metadata.generateName).toBe("a-");
  });

  test("in a namespace that does not exist is refused", async () => {
    const api = await startTestApi();
    const status = await api.refusal("POST", "/api/v1/namespaces/none/configmaps", configMap("a"));
    expect(status).toMatchObject({ code: 404, message: 'namespaces "none" not found' });
  });

  test.each([
    ["a name with capitals", { name: "A" }, "a lowercase RFC 1123 subdomain"],
    ["no name", {}, "metadata.name: Required value: name or generateName is required"],
    ["a label value with a space", { name: "a", labels: { x: "a b" } }, "a valid label must be"],
    ["a label key without a name", { name: "a", labels: { "x/": "y" } }, "metadata.labels"],
    [
      "an owner without a uid",
      { name: "a", ownerReferences: [{ apiVersion: "v1", kind: "K", name: "o" }] },
      "ownerReferences[0].uid: Required value",
    ],
    ["annotations beyond 256 KiB", { name: "a", annotations: { x: "y".repeat(262_144) } }, "Too long"],
  ])("with %s is refused", async (_, metadata, message) => {
    const api = await startTestApi();
    const status = await api.refusal("POST", configMaps, { metadata });
    expect(status).toMatchObject({ code: 422, reason: "Invalid" });
    expect(status.message).toContain(message);
  });

  test("with two controllers is refused", async () => {
    const api = await startTestApi();
    const owner = (name: string) => ({ apiVersion: "v1", kind: "Thing", name, uid: name, controller: true });
    const status = await api.refusal("POST", configMaps, configMap("a", { ownerReferences: [owner("x"), owner("y")] }));
    expect(status.message).toContain('Found "true" in references for Thing/x and Thing/y');
  });

  test.each([
    ["another kind", { kind: "Secret" }, "does not match the expected kind (ConfigMap)"],
    [
      "another version",
      { apiVersion: "v2" },
      "the API version in the data (v2) does not match the expected API version (v1)",
    ],
    [
      "another namespace",
      { metadata: { name: "a", namespace: "other" } },
      "does not match the namespace sent on the request",
    ],
    ["a resourceVersion", { metadata: { name: "a", resourceVersion: "1" } }, "resourceVersion should not be set"],
    [
      "labels that are no texts",
      { metadata: { name: "a", labels: { n: 1 } } },
      "metadata.labels must be a map of strings",
    ],
  ])("of an object with %s is a bad request", async (_, more, message) => {
    const api = await startTestApi();
    const status = await api.refusal("POST", configMaps, { ...configMap("a"), ...more });
    expect(status.code).toBe(400);
    expect(status.message).toContain(message);
  });

  test("with dryRun stores nothing", async () => {
    const api = await startTestApi();
    expect((await api.request("POST", `${configMaps}?dryRun=All`, configMap("a"))).code).toBe(201);
    expect((await api.refusal("GET", `${configMaps}/a`)).code).toBe(404);
  });

  test("takes __proto__ for a key like any other", async () => {
    const api = await startTestApi();
    await api.request("POST", configMaps, '{"metadata":{"name":"a"},"data":{"__proto__":"x"}}');
    expect(Object.keys((await api.get(`${configMaps}/a`)).data)).toEqual(["__proto__"]);
  });
});

describe("replace", () => {
  test("with the resourceVersion of an older state is a conflict", async () => {
    const api = await startTestApi();
    const old = await api.create(configMaps, configMap("a"));
    await api.replace(`${configMaps}/a`, { ...old, data: { k: "1" } });
    expect(await api.refusal("PUT", `${configMaps}/a`, { ...old, data: { k: "2" } })).toMatchObject({
      code: 409,
      reason: "Conflict",
      message:
        'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
    });
  });

  test("of another incarnation is a conflict", async () => {
    const api = await startTestApi();
    await api.create(configMaps, configMap("a"));
    const status = await api.refusal("PUT", `${configMaps}/a`, configMap("a", { uid: "other" }));
    expect(status).toMatchObject({ code: 409, reason: "Conflict" });
    expect(status.message).toContain("Precondition failed: UID in precondition: other");
  });

  test("that changes nothing leaves the resourceVersion", async () => {
    const api = await startTestApi();
    const first = await api.create(configMaps, { ...configMap("a"), data: { a: "1", b: "2" } });
    const again = await api.replace(`${configMaps}/a`, { ...configMap("a"), data: { b: "2", a: "1" } });
    expect(again).toEqual(first);
  });

  test("drops labels that are not sent and keeps identity", async () => {
    const api = await startTestApi();
    const first = await api.create(configMaps, configMap("a", { labels: { x: "y" } }));
    const next = await api.replace(`${configMaps}/a`, configMap("a", { creationTimestamp: "2000-01-01T00:00:00Z" }));
    expect(next.metadata.labels).toBeUndefined();
    expect(next.metadata).toMatchObject({
      uid: first.metadata.uid,
      creationTimestamp: first.metadata.creationTimestamp,
    });
  });

  test("of a custom resource needs a resourceVersion", async () => {
    const api = await startTestApi();
    await api.create(crds, thingDefinition());
    await api.create(things, thing("a"));
    const status = await api.refusal("PUT", `${things}/a`, thing("a"));
    expect(status.message).toBe(
      'Thing.example.com "a" is invalid: metadata.resourceVersion: Invalid value: 0x0: must be specified for an update',
    );
  });

  test("under another name is a bad request, and of nothing a 404", async () => {
    const api = await startTestApi();
    await api.create(configMaps, configMap("a"));
    expect((await api.refusal("PUT", `${configMaps}/a`, configMap("b"))).code).toBe(400);
    expect((await api.refusal("PUT", `${configMaps}/c`, configMap("c"))).code).toBe(404);
  });
});

describe("generation and status", () => {
  test("the main resource counts changes of the spec and ignores the status", async () => {
    const api = await startTestApi();
    await api.create(crds, thingDefinition());
    const first = await api.create(things, { ...thing("a", { size: 1 }), status: { ready: true } });
    expect(first.metadata.generation).toBe(1);
    expect(first).not.toHaveProperty("status");

    const labelled = await api.patch(`${things}/a`, { metadata: { labels: { x: "y" } }, status: { ready: true } });
    expect(labelled.metadata.generation).toBe(1);
    expect(labelled).not.toHaveProperty("status");
    const grown = await api.patch(`${things}/a`, { spec: { size: 2 } });
    expect(grown.metadata.generation).toBe(2);
  });

  test("the status subresource ignores everything else", async () => {
    const api = await startTestApi();
    await api.create(crds, thingDefinition());
    const first = await api.create(things, thing("a", { size: 1 }));
    const sent = { ...thing("a", { size: 9 }), metadata: { ...first.metadata, labels: { x: "y" } }, status: { ok: 1 } };
    const next = await api.replace(`${things}/a/status`, sent);
    expect(next).toMatchObject({ spec: { size: 1 }, status: { ok: 1 } });
    expect(next.metadata).toEqual({ ...first.metadata, resourceVersion: next.metadata.resourceVersion });
    expect(next.metadata.resourceVersion).not.toBe(first.metadata.resourceVersion);
  });

  test("without the subresource the status is a field like any other", async () => {
    const api = await startTestApi();
    await api.create(crds, thingDefinition(undefined, { subresources: {} }));
    await api.create(things, thing("a"));
    const next = await api.patch(`${things}/a`, { status: { ok: 1 } });
    expect(next).toMatchObject({ status: { ok: 1 }, metadata: { generation: 2 } });
    expect((await api.refusal("GET", `${things}/a/status`)).code).toBe(404);
  });
});

describe("delete", () => {
  test("answers with a success that names the object", async () => {
    const api = await startTestApi();
    const { metadata } = await api.create(configMaps, configMap("a"));
    expect((await api.request("DELETE", `${configMaps}/a`)).body).toMatchObject({
      status: "Success",
      details: { name: "a", kind: "configmaps", uid: metadata.uid },
    });
    expect((await api.refusal("DELETE", `${configMaps}/a`)).code).toBe(404);
  });

  test.each([{ uid: "other" }, { resourceVersion: "1" }])(
    "with the precondition %j is a conflict",
    async (preconditions) => {
      const api = await startTestApi();
      await api.create(configMaps, configMap("a"));
      const status = await api.refusal("DELETE", `${configMaps}/a`, { preconditions });
      expect(status).toMatchObject({ code: 409, reason: "Conflict" });
    },
  );

  test("waits for finalizers, which can only be taken away", async () => {
    const api = await startTestApi();
    await api.create(configMaps, configMap("a", { finalizers: ["example.com/x"] }));
    const marked = (await api.request("DELETE", `${configMaps}/a`)).body;
    expect(marked.metadata.deletionTimestamp).toBeDefined();
    const late = await api.refusal(
      "PATCH",
      `${configMaps}/a`,
      { metadata: { finalizers: ["example.com/x", "example.com/y"] } },
      { "content-type": "application/merge-patch+json" },
    );
    expect(late.message).toContain('found new finalizers []string{"example.com/y"}');
    await api.patch(`${configMaps}/a`, { metadata: { finalizers: null } });
    expect((await api.refusal("GET", `${configMaps}/a`)).code).toBe(404);
  });

  test("of a collection takes what the selector leaves", async () => {
    const api = await startTestApi();
    await api.create(configMaps, configMap("a", { labels: { x: "1" } }));
    await api.create(configMaps, configMap("b", { labels: { x: "2" } }));
    await api.request("DELETE", `${configMaps}?labelSelector=x%3D1`);
    const { items } = await api.get(configMaps);
    expect(items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(["b"]);
  });

  test("of an unknown propagation policy is a bad request", async () => {
    const api = await startTestApi();
    await api.create(configMaps, configMap("a"));
    expect((await api.refusal("DELETE", `${configMaps}/a?propagationPolicy=Maybe`)).code).toBe(400);
  });
});

describe("list", () => {
  test("covers all namespaces, and carries the newest resourceVersion", async () => {
    const api = await startTestApi();
    await api.create("/api/v1/namespaces", { metadata: { name: "other" } });
    await api.create(configMaps, configMap("b"));
    const last = await api.create("/api/v1/namespaces/other/configmaps", configMap("a"));
    const list = await api.get("/api/v1/configmaps");
    expect(list).toMatchObject({ kind: "ConfigMapList", apiVersion: "v1" });
    expect(list.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(["b", "a"]);
    expect(list.metadata.resourceVersion).toBe(last.metadata.resourceVersion);
  });

  test("Pods are an empty list that nobody can add to", async () => {
    const api = await startTestApi();
    expect((await api.get("/api/v1/namespaces/default/pods")).items).toEqual([]);
    expect((await api.refusal("POST", "/api/v1/namespaces/default/pods", { metadata: { name: "a" } })).code).toBe(405);
  });
});

describe("versions of a kind", () => {
  test("serve the same objects", async () => {
    const api = await startTestApi();
    const definition = thingDefinition();
    const [v1] = definition.spec.versions;
    if (v1) definition.spec.versions.push({ ...v1, name: "v2", storage: false });
    await api.create(crds, definition);
    await api.create(things, thing("a", { size: 1 }));
    const object = await api.get(things.replace("v1", "v2"));
    expect(object.items[0]).toMatchObject({ apiVersion: "example.com/v2", kind: "Thing", spec: { size: 1 } });
  });
});
