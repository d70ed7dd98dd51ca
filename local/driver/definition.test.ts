import { describe, expect, it } from "vitest";
import { ConfigMap } from "../../api/builtin.ts";
import type { CompositeController } from "./composite-controller.ts";
import { define as defineWith, timeoutMs } from "./definition.ts";
import type { Discovery } from "./discovery.ts";

const things = { group: "example.com", version: "v1", kind: "Thing", plural: "things", namespaced: true };
const discovery: Discovery = {
  async find(_apiVersion, plural) {
    if (plural === "things") return { ...things, hasStatus: true };
    if (plural === "configmaps") return { ...ConfigMap, hasStatus: false };
    return undefined;
  },
  forget() {},
};

const define = (controller: CompositeController) => defineWith(controller, discovery, async () => ({}));

function controller(spec: object): CompositeController {
  return {
    apiVersion: "metacontroller.k8s.io/v1alpha1",
    kind: "CompositeController",
    metadata: { name: "c" },
    spec: {
      parentResource: { apiVersion: "example.com/v1", resource: "things" },
      childResources: [{ apiVersion: "v1", resource: "configmaps" }],
      hooks: { sync: { webhook: { url: "http://hook.example/sync" } } },
      ...spec,
    },
  };
}

const child = (method: string) => ({
  childResources: [{ apiVersion: "v1", resource: "configmaps", updateStrategy: { method } }],
});
const webhook = (fields: object) => ({ hooks: { sync: { webhook: fields } } });

describe("a controller", () => {
  it("gets Metacontroller's defaults", async () => {
    const definition = await define(controller({}));
    expect(definition.children).toEqual([{ resource: { ...ConfigMap, hasStatus: false }, method: "OnDelete" }]);
    expect(definition.hooks.sync).toEqual({
      name: "sync",
      version: "v1",
      url: "http://hook.example/sync",
      connection: {},
      timeoutMs: 10_000,
      strict: false,
    });
  });

  it("may name the hook by its service", async () => {
    const service = { name: "hooks", namespace: "octoplane", port: 8080 };
    const { hooks } = await define(controller(webhook({ service, path: "/sync" })));
    expect(hooks.sync.url).toBe("http://hooks.octoplane:8080/sync");
  });

  it.each([
    [{ hooks: {} }, /spec\.hooks\.sync is missing/],
    [child("RollingInPlace"), /RollingInPlace stalls after the first child/],
    [child("Sometimes"), /Sometimes is unknown/],
    [
      { childResources: [{ apiVersion: "example.com/v1", resource: "kids" }] },
      /can't find child resource "kids" in example\.com\/v1/,
    ],
    [{ parentResource: { apiVersion: "v1", resource: "configmaps" } }, /has no status subresource/],
    [{ parentResource: { apiVersion: "v1", resource: "nothings" } }, /can't find parent resource "nothings" in v1/],
    [webhook({ service: { name: "a", namespace: "b" }, path: "sync" }), /path sync must start with \//],
    [webhook({ path: "/sync" }), /needs url, or service and path/],
    [{ hooks: { sync: { version: "v3", webhook: { url: "http://x" } } } }, /version v3 is unknown/],
  ])("with %j is refused", async (spec, message) => {
    await expect(define(controller(spec))).rejects.toThrow(message);
  });
});

describe("a time-out", () => {
  it.each([
    ["10s", 10_000],
    ["1m30s", 90_000],
    ["1.5s", 1_500],
    ["250ms", 250],
    ["0s", 10_000],
  ])("%s is %i ms", (duration, ms) => expect(timeoutMs(duration)).toBe(ms));

  it("must be a duration", () => expect(() => timeoutMs("soon")).toThrow(/is not a duration/));
});
