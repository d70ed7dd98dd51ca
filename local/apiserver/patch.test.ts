import { describe, expect, test } from "vitest";
import { applyJsonPatch } from "./json-patch.ts";
import { merge } from "./patch.ts";
import { configMap, configMaps, crds, startTestApi, thing, thingDefinition, things } from "./test-server.ts";

describe("merge patch", () => {
  test.each([
    [{ a: 1, b: { c: 2 } }, { b: { c: null, d: 3 } }, { a: 1, b: { d: 3 } }],
    [{ a: [1, 2] }, { a: [3] }, { a: [3] }],
    [{ a: 1 }, { a: { b: null, c: 1 } }, { a: { c: 1 } }],
    [{ a: 1 }, 5, 5],
    [{}, { a: null }, {}],
  ])("%j with %j is %j", (target, patch, result) => {
    expect(merge(target, patch)).toEqual(result);
  });

  test("can carry a precondition", async () => {
    const api = await startTestApi();
    const { metadata } = await api.create(configMaps, configMap("a"));
    await api.patch(`${configMaps}/a`, { metadata: { resourceVersion: metadata.resourceVersion }, data: { a: "1" } });
    const stale = { metadata: { resourceVersion: metadata.resourceVersion }, data: { a: "2" } };
    const headers = { "content-type": "application/merge-patch+json" };
    expect((await api.refusal("PATCH", `${configMaps}/a`, stale, headers)).reason).toBe("Conflict");
  });

  test("cannot rename", async () => {
    const api = await startTestApi();
    await api.create(configMaps, configMap("a"));
    const headers = { "content-type": "application/merge-patch+json" };
    const status = await api.refusal("PATCH", `${configMaps}/a`, { metadata: { name: "b" } }, headers);
    expect(status.code).toBe(400);
  });
});

describe("JSON patch", () => {
  test.each([
    [[{ op: "add", path: "/b", value: 1 }], { a: [1, 2], b: 1 }],
    [[{ op: "add", path: "/a/-", value: 3 }], { a: [1, 2, 3] }],
    [[{ op: "add", path: "/a/0", value: 0 }], { a: [0, 1, 2] }],
    [[{ op: "remove", path: "/a/0" }], { a: [2] }],
    [[{ op: "replace", path: "/a/1", value: 9 }], { a: [1, 9] }],
    [[{ op: "move", from: "/a/0", path: "/first" }], { a: [2], first: 1 }],
    [[{ op: "copy", from: "/a", path: "/x~1y" }], { a: [1, 2], "x/y": [1, 2] }],
    [
      [
        { op: "test", path: "/a/0", value: 1 },
        { op: "replace", path: "", value: 7 },
      ],
      7,
    ],
  ])("%j makes %j", (patch, result) => {
    expect(applyJsonPatch({ a: [1, 2] }, patch)).toEqual(result);
  });

  test.each([
    [[{ op: "remove", path: "/none" }], 422],
    [[{ op: "remove", path: "/a/length" }], 422],
    [[{ op: "add", path: "/a/9", value: 1 }], 422],
    [[{ op: "add", path: "/none/x", value: 1 }], 422],
    [[{ op: "test", path: "/a", value: 1 }], 422],
    [[{ op: "jump", path: "/a" }], 400],
    [[{ op: "remove", path: "a" }], 400],
    [{ op: "remove", path: "/a" }, 400],
  ])("%j is refused with %i", (patch, code) => {
    expect(() => applyJsonPatch({ a: [1, 2] }, patch)).toThrow(
      expect.objectContaining({ status: expect.objectContaining({ code }) }),
    );
  });

  test("changes an object", async () => {
    const api = await startTestApi();
    await api.create(configMaps, configMap("a", { labels: { x: "y" } }));
    const patch = [{ op: "remove", path: "/metadata/labels/x" }];
    const headers = { "content-type": "application/json-patch+json" };
    const { body } = await api.request("PATCH", `${configMaps}/a`, patch, headers);
    expect(body.metadata).not.toHaveProperty("labels");
  });
});

describe("other formats", () => {
  const strategic = { "content-type": "application/strategic-merge-patch+json" };

  test("a strategic merge patch without lists is a merge patch", async () => {
    const api = await startTestApi();
    await api.create(configMaps, { ...configMap("a"), data: { a: "1", b: "2" } });
    const { body } = await api.request("PATCH", `${configMaps}/a`, { data: { b: null, c: "3" } }, strategic);
    expect(body.data).toEqual({ a: "1", c: "3" });
  });

  test("a strategic merge patch with lists is refused with the way out", async () => {
    const api = await startTestApi();
    await api.create(configMaps, configMap("a"));
    const status = await api.refusal("PATCH", `${configMaps}/a`, { metadata: { finalizers: ["x.io/y"] } }, strategic);
    expect(status).toMatchObject({ code: 415, reason: "UnsupportedMediaType" });
    expect(status.message).toContain("use kubectl patch --type merge or kubectl replace");
  });

  test("custom resources know no strategic merge patch", async () => {
    const api = await startTestApi();
    await api.create(crds, thingDefinition());
    await api.create(things, thing("a"));
    const status = await api.refusal("PATCH", `${things}/a`, {}, strategic);
    expect(status.message).toContain("application/json-patch+json, application/merge-patch+json");
  });

  test("server-side apply is refused in a sentence", async () => {
    const api = await startTestApi();
    const headers = { "content-type": "application/apply-patch+yaml" };
    const status = await api.refusal("PATCH", `${configMaps}/a`, "kind: ConfigMap", headers);
    expect(status).toMatchObject({ code: 415 });
    expect(status.message).toContain("server-side apply is not supported");
  });
});
