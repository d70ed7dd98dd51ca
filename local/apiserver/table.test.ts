import { describe, expect, test } from "vitest";
import { age } from "./age.ts";
import { builtinKinds } from "./builtin.ts";
import { jsonPath } from "./json-path.ts";
import { storageName } from "./kind.ts";
import type { ApiObject } from "./object.ts";
import { crds, startTestApi, thing, thingDefinition, things } from "./test-server.ts";

const asTable = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

function cells(resource: string, object: object): Record<string, unknown> {
  const kind = builtinKinds.find(({ resource: one }) => storageName(one) === resource);
  const complete = { metadata: { name: "a" }, ...object } as ApiObject;
  return Object.fromEntries((kind?.columns ?? []).map(({ name, cell }) => [name, cell(complete)]));
}

describe("a table", () => {
  test("has the printer columns of the CRD", async () => {
    const api = await startTestApi();
    const additionalPrinterColumns = [
      { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
      { name: "Size", type: "integer", jsonPath: ".spec.size", priority: 1 },
    ];
    await api.create(crds, thingDefinition(undefined, { additionalPrinterColumns }));
    await api.create(things, thing("a", { size: 3 }));
    await api.patch(`${things}/a/status`, { status: { conditions: [{ type: "Ready", status: "True" }] } });
    const table = await api.get(things, asTable);
    expect(table.columnDefinitions.map((one: { name: string; priority: number }) => [one.name, one.priority])).toEqual([
      ["Name", 0],
      ["Ready", 0],
      ["Size", 1],
    ]);
    expect(table.rows[0].cells).toEqual(["a", "True", 3]);
    expect(table.rows[0].object).toMatchObject({ kind: "PartialObjectMetadata", metadata: { name: "a" } });
    expect(table.metadata.resourceVersion).toBeDefined();
  });

  test("shows name and age of kinds without columns, and the whole object when asked", async () => {
    const api = await startTestApi();
    await api.create(crds, thingDefinition());
    await api.create(things, thing("a", { size: 3 }));
    const table = await api.get(`${things}/a?includeObject=Object`, asTable);
    expect(table.rows[0].cells).toEqual(["a", expect.stringMatching(/^\ds$/)]);
    expect(table.rows[0].object.spec).toEqual({ size: 3 });
  });

  test("is what a watch reports to those who want tables", async () => {
    const api = await startTestApi();
    await api.create(crds, thingDefinition());
    await api.create(things, thing("a"));
    const watch = await api.watch(`${things}?watch=1`, asTable);
    expect(await watch.next()).toMatchObject({
      type: "ADDED",
      object: { kind: "Table", rows: [{ object: { metadata: { name: "a" } } }] },
    });
  });
});

test("built-in kinds have the columns that kubectl users know", () => {
  const deployment = { spec: { replicas: 3 }, status: { readyReplicas: 1, updatedReplicas: 2 } };
  expect(cells("deployments.apps", deployment)).toMatchObject({ Ready: "1/3", "Up-to-date": 2, Available: 0 });
  const job = {
    spec: { completions: 1 },
    status: { succeeded: 1, conditions: [{ type: "Complete", status: "True" }] },
  };
  expect(cells("jobs.batch", job)).toMatchObject({ Status: "Complete", Completions: "1/1" });
  const rules = ["a", "b", "c", "d"].map((host) => ({ host }));
  expect(cells("ingresses.networking.k8s.io", { spec: { ingressClassName: "octoplane", rules } })).toMatchObject({
    Class: "octoplane",
    Hosts: "a,b,c + 1 more...",
  });
  expect(cells("configmaps", { data: { x: "1" }, binaryData: { y: "" } })).toMatchObject({ Data: 2 });
});

test.each([
  [".a.b", ["x"]],
  ["{.a.b}", ["x"]],
  [".list[1].n", [2]],
  [".list[-1].n", [2]],
  [".list[*].n", [1, 2]],
  [".a['b']", ["x"]],
  [".with\\.dot", ["y"]],
  ['.list[?(@.t=="two")].n', [2]],
  [".list[?(@.n==1)].t", ["one"]],
  [".none.b", []],
  [".list[9]", []],
  [".a..b", []],
  [".__proto__", []],
])("JSONPath %s finds %j", (path, found) => {
  const value = {
    a: { b: "x" },
    list: [
      { t: "one", n: 1 },
      { t: "two", n: 2 },
    ],
    "with.dot": "y",
  };
  expect(jsonPath(path)(value)).toEqual(found);
});

test.each([
  [5, "5s"],
  [119, "119s"],
  [120, "2m"],
  [155, "2m35s"],
  [3600, "60m"],
  [4 * 3600 + 60, "4h1m"],
  [30 * 3600, "30h"],
  [3 * 86_400 + 7200, "3d2h"],
  [100 * 86_400, "100d"],
  [3 * 365 * 86_400, "3y"],
])("after %i seconds the age is %s", (seconds, text) => {
  const start = "2026-01-01T00:00:00Z";
  expect(age(start, Date.parse(start) + seconds * 1000)).toBe(text);
});
