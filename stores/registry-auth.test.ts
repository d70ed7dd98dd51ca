import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { openImageStore } from "./image.ts";
import { basic, challengeIn, credentialsIn, fetchToken } from "./registry-auth.ts";
import { registryBase } from "./registry-client.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  servers.push(server);
  await new Promise((resolve) => server.once("listening", resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const ada = { username: "ada", password: "pass:word" };
const auth = Buffer.from("ada:pass:word").toString("base64");

test.each([
  ["an encoded pair", { "host:5000": { auth } }],
  ["name and password", { "host:5000": { username: "ada", password: "pass:word" } }],
  ["the URL of an older client", { "https://host:5000/v1/": { auth } }],
])("finds %s", (_name, auths) => {
  expect(credentialsIn(JSON.stringify({ auths }), "host:5000")).toEqual(ada);
});

test("credentials belong to one host, and Docker Hub has several names", () => {
  const config = JSON.stringify({ auths: { "https://index.docker.io/v1/": { auth } } });
  expect(credentialsIn(config, "docker.io")).toEqual(ada);
  expect(credentialsIn(config, "evil-index.docker.io")).toBeUndefined();
  expect(credentialsIn("{}", "host")).toBeUndefined();
  expect(() => credentialsIn("{", "host")).toThrow("is no JSON");
});

test("the documented Secret for Docker Hub holds for its images, whatever name its host goes by", () => {
  const document = readFileSync(join(import.meta.dirname, "fixtures", "config-docker-hub.json"), "utf8");
  const user = { username: "YOUR_USERNAME", password: "YOUR_PASSWORD" };
  for (const host of ["docker.io", "index.docker.io"]) {
    const { host: api } = registryBase(host, false);
    expect([api, credentialsIn(document, api)]).toEqual(["registry-1.docker.io", user]);
  }
  expect(registryBase("registry.example.com", false).href).toBe("https://registry.example.com/v2/");
  expect(credentialsIn(document, "registry.example.com")).toBeUndefined();
});

test("a challenge is read with commas inside its values", () => {
  const header = 'Bearer realm="https://auth.example/token",service="reg",scope="repository:a/b:pull,push"';
  expect(challengeIn(header)).toEqual({
    scheme: "bearer",
    parameters: { realm: "https://auth.example/token", service: "reg", scope: "repository:a/b:pull,push" },
  });
});

test("credentials of an https registry never go to an http token server", async () => {
  const token = fetchToken({ realm: "http://auth.example/" }, [], ada, new URL("https://host/v2/"));
  await expect(token).rejects.toMatchObject({ kind: "denied" });
});

test("a token is fetched with the credentials, widened when more is needed, and used again", async () => {
  const tokens: string[] = [];
  const host = await serve((request, response) => {
    const url = new URL(request.url ?? "", `http://${host}`);
    if (url.pathname === "/token") {
      if (request.headers.authorization !== basic(ada)) return response.writeHead(401).end();
      const token = url.searchParams.getAll("scope").join(" ");
      tokens.push(token);
      return response.end(JSON.stringify({ token }));
    }
    const scope = request.method === "POST" ? "repository:acme:pull,push" : "repository:acme:pull";
    if (request.headers.authorization?.includes(scope)) return response.end('{"tags":["a"]}');
    const challenge = `Bearer realm="http://${host}/token",service="reg",scope="${scope}"`;
    return response.writeHead(401, { "www-authenticate": challenge }).end();
  });

  const dockerConfig = JSON.stringify({ auths: { [host]: { auth } } });
  const store = await openImageStore(`registry://${host}`, "acme", { dockerConfig });
  expect(await store.tags()).toEqual(["a"]);
  expect(await store.tags()).toEqual(["a"]);
  expect(await store.mountBlob(`sha256:${"0".repeat(64)}`, store)).toBe(false);
  expect(tokens).toEqual(["repository:acme:pull", "repository:acme:pull repository:acme:pull,push"]);
});

test("wrong credentials are denied, whichever way the registry asks for them", async () => {
  const host = await serve((request, response) => {
    if (request.url?.startsWith("/token")) return response.writeHead(401).end();
    const challenge = request.url?.includes("basic") ? "Basic realm=x" : `Bearer realm="http://${host}/token"`;
    return response.writeHead(401, { "www-authenticate": challenge }).end();
  });
  const dockerConfig = JSON.stringify({ auths: { [host]: { auth } } });
  for (const repository of ["basic", "bearer"]) {
    const store = await openImageStore(`registry://${host}`, repository, { dockerConfig });
    await expect(store.tags()).rejects.toMatchObject({ kind: "denied" });
  }
});

test("the registry's own words are told, and its troubles count as passing", async () => {
  const host = await serve((_request, response) => {
    response.writeHead(503).end('{"errors":[{"code":"UNAVAILABLE","message":"storage is full"}]}');
  });
  const store = await openImageStore(`registry://${host}`, "acme", { dockerConfig: "{}" });
  await expect(store.tags()).rejects.toMatchObject({
    kind: "unreachable",
    message: `registry ${host} answers 503 to GET /v2/acme/tags/list: UNAVAILABLE storage is full`,
  });
});

test("credentials do not follow an upload to another host", async () => {
  const seen: (string | undefined)[] = [];
  const storage = await serve((request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(201).end();
  });
  const host = await serve((request, response) => {
    if (!request.headers.authorization) return response.writeHead(401, { "www-authenticate": "Basic realm=x" }).end();
    return response.writeHead(202, { location: `http://${storage}/upload` }).end();
  });
  const dockerConfig = JSON.stringify({ auths: { [host]: { auth } } });
  const store = await openImageStore(`registry://${host}`, "acme", { dockerConfig });
  const bytes = Buffer.from("x");
  const { digestOf } = await import("./image.ts");
  await store.putBlob(digestOf(bytes), bytes);
  expect(seen).toEqual([undefined]);
});
