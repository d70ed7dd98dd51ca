import { describe, expect, test } from "vitest";
import { bodyLimit } from "./body.ts";
import { configMap, configMaps, startTestApi } from "./test-server.ts";

describe("who may ask", () => {
  test.each([
    ["nobody", {}],
    ["a wrong token", { authorization: "Bearer wrong" }],
    ["a wrong password", { authorization: `Basic ${btoa("octoplane:wrong")}` }],
  ])("%s is refused with a Status", async (_, headers) => {
    const { url } = await startTestApi();
    const response = await fetch(`${url}/api`, { headers: headers as Record<string, string> });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ kind: "Status", reason: "Unauthorized", code: 401 });
  });

  test("the token is welcome as a bearer and as a password", async () => {
    const { url, token } = await startTestApi();
    for (const authorization of [`Bearer ${token}`, `Basic ${btoa(`octoplane:${token}`)}`]) {
      expect((await fetch(`${url}/api`, { headers: { authorization } })).status).toBe(200);
    }
  });

  test.each(["/healthz", "/readyz", "/livez", "/version"])("%s is open to all", async (path) => {
    const { url } = await startTestApi();
    expect((await fetch(url + path)).status).toBe(200);
  });
});

describe("errors", () => {
  test.each([
    ["GET", "/", 404],
    ["GET", "/apis/none.example.com/v1/things", 404],
    ["GET", "/api/v1/namespaces/default/nothings", 404],
    ["GET", "/api/v1/configmaps/a", 404],
    ["GET", "/api/v1/namespaces/default/configmaps/a/status", 404],
    ["GET", "/apis/apiextensions.k8s.io/v1/namespaces/default/customresourcedefinitions", 404],
    ["GET", "/api/v1/namespaces/%zz/configmaps", 404],
    ["POST", "/api/v1/configmaps", 405],
    ["PUT", "/api/v1/namespaces/default/configmaps", 405],
    ["POST", "/version", 405],
    ["OPTIONS", "/api/v1/namespaces/default/configmaps", 405],
  ])("%s %s is answered %i with a Status", async (method, path, code) => {
    const api = await startTestApi();
    const answer = await api.request(method, path, method === "GET" ? undefined : configMap("a"));
    expect(answer.code).toBe(code);
    expect(answer.body).toMatchObject({ kind: "Status", apiVersion: "v1", status: "Failure", code });
  });

  test("a body that is no JSON is a bad request", async () => {
    const api = await startTestApi();
    expect(await api.refusal("POST", configMaps, "{")).toMatchObject({ code: 400, reason: "BadRequest" });
    expect(await api.refusal("POST", configMaps, "[]")).toMatchObject({ code: 400 });
  });

  test("a body above the limit is refused, with and without a length", async () => {
    const api = await startTestApi();
    const body = JSON.stringify({ ...configMap("a"), data: { big: "x".repeat(bodyLimit) } });
    expect(await api.refusal("POST", configMaps, body)).toMatchObject({ code: 413, reason: "RequestEntityTooLarge" });
    const response = await fetch(api.url + configMaps, {
      method: "POST",
      headers: { authorization: `Bearer ${api.token}`, "content-type": "application/json" },
      body: new Blob([body]).stream(),
      duplex: "half",
    });
    expect(response.status).toBe(413);
  });

  test("protobuf is refused, so that clients fall back to JSON", async () => {
    const api = await startTestApi();
    const protobuf = "application/vnd.kubernetes.protobuf";
    expect((await api.refusal("POST", configMaps, "k8s", { "content-type": protobuf })).code).toBe(415);
    expect((await api.refusal("GET", configMaps, undefined, { accept: protobuf })).code).toBe(406);
    expect((await api.get(configMaps, `${protobuf},application/json`)).kind).toBe("ConfigMapList");
  });

  test("an object that cannot be stored is an internal error that says no more than needed", async () => {
    const api = await startTestApi();
    const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    const body = `{"metadata":{"name":"a"},"data":${deep}}`;
    const status = await api.refusal("POST", configMaps, body);
    expect(status).toMatchObject({ code: 500, reason: "InternalError" });
    expect(status.message).not.toContain("    at ");
    expect((await api.get(configMaps)).items).toEqual([]);
  });
});
