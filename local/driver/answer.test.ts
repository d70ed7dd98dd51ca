import { describe, expect, it } from "vitest";
import { customizeAnswer, syncAnswer } from "./answer.ts";
import type { HookTarget } from "./definition.ts";

const hook = (name: HookTarget["name"], strict = true): HookTarget => ({
  name,
  version: strict ? "v2" : "v1",
  url: "http://hook.example",
  connection: {},
  timeoutMs: 1,
  strict,
});

describe("a sync answer", () => {
  it("defaults to nothing desired", () => {
    const nothing = { status: {}, children: [], resyncAfterSeconds: 0, finalized: false };
    for (const body of [null, {}, { status: null, children: null, resyncAfterSeconds: null }]) {
      expect(syncAnswer(hook("sync"), body)).toEqual(nothing);
    }
  });

  it("may have unknown fields under v1, not under v2", () => {
    expect(syncAnswer(hook("sync", false), { Children: [] }).children).toEqual([]);
    expect(() => syncAnswer(hook("sync"), { Status: {}, Children: [] })).toThrow('unknown field "Status", "Children"');
    expect(() => syncAnswer(hook("sync"), { finalized: true })).toThrow('unknown field "finalized"');
    expect(syncAnswer(hook("finalize"), { finalized: true }).finalized).toBe(true);
  });

  it.each([
    [[], /must be an object/],
    ["text", /must be an object/],
    [{ status: [] }, /status must be an object/],
    [{ children: {} }, /children must be a list/],
    [{ resyncAfterSeconds: "1" }, /resyncAfterSeconds must be a number/],
    [{ children: [null] }, /children\[0\] is null, which crashes Metacontroller/],
    [{ children: [{ kind: "ConfigMap" }, "x"] }, /children\[1\] must be an object/],
    [{ children: [{ metadata: { name: "a" } }] }, /children\[0\]\.kind is missing/],
  ])("%j is refused", (body, message) => {
    expect(() => syncAnswer(hook("sync"), body)).toThrow(message);
  });
});

describe("a customize answer", () => {
  it("is a list of rules, none by default", () => {
    expect(customizeAnswer(hook("customize"), {})).toEqual([]);
    expect(customizeAnswer(hook("customize"), { relatedResources: [{ resource: "x" }] })).toEqual([{ resource: "x" }]);
  });

  it("must not be a bare list, nor hold null", () => {
    expect(() => customizeAnswer(hook("customize"), [])).toThrow(/must be an object/);
    expect(() => customizeAnswer(hook("customize"), { relatedResources: [null] })).toThrow(
      /relatedResources\[0\] is null/,
    );
  });
});
