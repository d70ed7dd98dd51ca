import { describe, expect, test } from "vitest";
import { WorkerAccount } from "../../api/workers/worker-account.ts";
import { syncRequest } from "../../test/objects/request.ts";
import { account, workerRelease } from "../../test/objects/workers.ts";
import { parseParent, parseSyncRequest } from "./wire.ts";

const good = syncRequest({ parent: account(), children: [workerRelease("r1")] });

test("a request is taken as it is", () => {
  expect(parseSyncRequest(good, WorkerAccount)).toEqual({
    parent: good.parent,
    children: good.children,
    related: {},
    finalizing: false,
  });
  expect(parseSyncRequest({ ...good, finalizing: true }, WorkerAccount).finalizing).toBe(true);
  expect(parseParent({ parent: good.parent }, WorkerAccount)).toBe(good.parent);
});

describe("what is no request is refused, since an answer to it could delete everything", () => {
  const { metadata: _, ...withoutMetadata } = account();
  const { spec: __, ...withoutSpec } = account();

  test.each<[string, unknown, string]>([
    ["no JSON object", "text", "the body must be a JSON object"],
    ["null", null, "the body must be a JSON object"],
    ["a list", [], "the body must be a JSON object"],
    ["no parent", { children: {} }, "parent must be a Kubernetes object"],
    ["a parent without metadata", { ...good, parent: withoutMetadata }, "parent must be a Kubernetes object"],
    ["a parent without a name", { ...good, parent: { ...account(), metadata: {} } }, "parent must have apiVersion"],
    ["a parent without a spec", { ...good, parent: withoutSpec }, "parent must have a spec"],
    [
      "a parent of another kind",
      { ...good, parent: workerRelease("a") },
      "parent is api.cf-worker/v1 WorkerRelease; this hook answers for api.cf-worker/v1 WorkerAccount",
    ],
    [
      "a parent of an unknown version",
      { ...good, parent: { ...account(), apiVersion: "api.cf-worker/v2" } },
      "parent is api.cf-worker/v2 WorkerAccount",
    ],
    ["no children", { parent: account(), related: {} }, "children must be an object"],
    ["null children", { ...good, children: null }, "children must be an object"],
    ["no related objects", { parent: account(), children: {} }, "related must be an object"],
    ["a group that is none", { ...good, children: { A: [] } }, 'children["A"] must be an object'],
    [
      "a child that is none",
      { ...good, children: { A: { b: null } } },
      'children["A"]["b"] must be a Kubernetes object',
    ],
    [
      "a child without a kind",
      { ...good, related: { A: { b: { apiVersion: "v1", metadata: { name: "b" } } } } },
      'related["A"]["b"] must have apiVersion, kind and metadata.name',
    ],
  ])("%s", (_, body, complaint) => {
    expect(() => parseSyncRequest(body, WorkerAccount)).toThrow(
      expect.objectContaining({ code: "BadRequest", status: 400, message: expect.stringContaining(complaint) }),
    );
  });
});
