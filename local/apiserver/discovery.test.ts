import { expect, test } from "vitest";
import { crds, startTestApi, thingDefinition } from "./test-server.ts";

test("the core group and its resources, with their subresources", async () => {
  const api = await startTestApi();
  expect(await api.get("/api")).toMatchObject({ kind: "APIVersions", versions: ["v1"] });
  const { resources, groupVersion } = await api.get("/api/v1");
  expect(groupVersion).toBe("v1");
  const services = resources.filter(({ name }: { name: string }) => name.startsWith("services"));
  expect(services).toMatchObject([
    { name: "services", singularName: "service", namespaced: true, kind: "Service", shortNames: ["svc"] },
    { name: "services/status" },
  ]);
  const pods = resources.find(({ name }: { name: string }) => name === "pods");
  expect(pods.verbs).toEqual(["get", "list", "watch"]);
});

test("a group appears with its CRD and goes with it; stable versions come first", async () => {
  const api = await startTestApi();
  expect((await api.refusal("GET", "/apis/example.com")).code).toBe(404);
  const definition = thingDefinition();
  const [v1] = definition.spec.versions;
  for (const name of ["v1alpha1", "v2beta1", "v2"])
    if (v1) definition.spec.versions.push({ ...v1, name, storage: false });
  await api.create(crds, definition);
  const group = await api.get("/apis/example.com");
  expect(group.versions.map(({ version }: { version: string }) => version)).toEqual([
    "v2",
    "v1",
    "v2beta1",
    "v1alpha1",
  ]);
  expect(group.preferredVersion).toEqual({ groupVersion: "example.com/v2", version: "v2" });
  expect((await api.get("/apis")).groups).toContainEqual(expect.objectContaining({ name: "example.com" }));
  expect(await api.get("/apis/example.com/v1")).toMatchObject({
    resources: [{ name: "things", shortNames: ["th"] }, { name: "things/status" }],
  });
});

test("OpenAPI says where field validation works and what fields there are", async () => {
  const api = await startTestApi();
  await api.create(crds, thingDefinition({ properties: { size: { type: "integer", description: "How large." } } }));
  const { paths } = await api.get("/openapi/v3");
  const document = await api.get(paths["apis/example.com/v1"].serverRelativeURL);
  const { patch } = document.paths["/apis/example.com/v1/namespaces/{namespace}/things/{name}"];
  expect(patch["x-kubernetes-group-version-kind"]).toEqual({ group: "example.com", version: "v1", kind: "Thing" });
  expect(patch.parameters).toContainEqual(expect.objectContaining({ name: "fieldValidation", in: "query" }));
  const schema = document.components.schemas["com.example.v1.Thing"];
  expect(schema.properties.spec.properties.size.description).toBe("How large.");
  expect(paths).toHaveProperty(["api/v1"]);
});

test("OpenAPI version 2 is there, and empty", async () => {
  const { url, token } = await startTestApi();
  const response = await fetch(`${url}/openapi/v2`, { headers: { authorization: `Bearer ${token}` } });
  const text = Buffer.from(await response.arrayBuffer()).toString("latin1");
  expect(text).toBe("\n\x032.0\x12\x0f\n\tOctoplane\x12\x02v1");
});

test("the version is that of a Kubernetes API", async () => {
  const api = await startTestApi();
  expect(await api.get("/version")).toMatchObject({
    major: "1",
    gitVersion: expect.stringMatching(/^v1\.\d+\.0\+octoplane-/),
  });
});
