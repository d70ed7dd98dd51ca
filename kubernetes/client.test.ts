import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttp, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createHttps } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { ConfigMap, Namespace } from "../api/builtin.ts";
import { connect, isAlreadyExists, isConflict, isInvalid, isNotFound, KubernetesError } from "./client.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function listening(server: Server): Promise<string> {
  cleanups.push(() => {
    server.close();
    server.closeAllConnections();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function serving(listener: RequestListener): Promise<string> {
  return `http://${await listening(createHttp(listener))}`;
}

/** Answers every request with the same thing. */
function answering(status: number, body: unknown, headers: Record<string, string> = {}) {
  return serving((_request, response) => {
    response.writeHead(status, headers).end(typeof body === "string" ? body : JSON.stringify(body));
  });
}

async function text(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += chunk;
  return body;
}

const key = { namespace: "demo", name: "a" };
const settings: ConfigMap = { apiVersion: "v1", kind: "ConfigMap", metadata: key, data: { v: "1" } };
const refusal = (code: number, reason: string) => ({ kind: "Status", code, reason, message: `${reason} it is` });

async function failure(promise: Promise<unknown>): Promise<KubernetesError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(KubernetesError);
  return error as KubernetesError;
}

describe("requests", () => {
  /** What the client sent, one line each. */
  async function sent(use: (client: ReturnType<typeof connect>) => Promise<unknown>): Promise<string[]> {
    const lines: string[] = [];
    const url = await serving(async (request, response) => {
      const type = request.headers["content-type"];
      lines.push([request.method, request.url, type, await text(request)].filter(Boolean).join(" "));
      response.end("{}");
    });
    await use(connect({ url }));
    return lines;
  }

  it("go to the paths and with the bodies of the Kubernetes API", async () => {
    const lines = await sent(async (client) => {
      await client.get(ConfigMap, key);
      await client.list(ConfigMap, { namespace: "demo", labelSelector: "a in (b,c)" });
      await client.list(ConfigMap);
      await client.create(ConfigMap, settings);
      await client.replace(ConfigMap, settings);
      await client.replaceStatus(ConfigMap, settings);
      await client.mergePatch(ConfigMap, key, { data: { v: null } }, { subresource: "status" });
      await client.delete(ConfigMap, key, { uid: "u", propagationPolicy: "Background" });
      await client.get(Namespace, { name: "demo" });
    });
    const object = JSON.stringify(settings);
    expect(lines).toEqual([
      "GET /api/v1/namespaces/demo/configmaps/a",
      "GET /api/v1/namespaces/demo/configmaps?labelSelector=a+in+%28b%2Cc%29",
      "GET /api/v1/configmaps",
      `POST /api/v1/namespaces/demo/configmaps application/json ${object}`,
      `PUT /api/v1/namespaces/demo/configmaps/a application/json ${object}`,
      `PUT /api/v1/namespaces/demo/configmaps/a/status application/json ${object}`,
      'PATCH /api/v1/namespaces/demo/configmaps/a/status application/merge-patch+json {"data":{"v":null}}',
      'DELETE /api/v1/namespaces/demo/configmaps/a application/json {"apiVersion":"v1","kind":"DeleteOptions","propagationPolicy":"Background","preconditions":{"uid":"u"}}',
      "GET /api/v1/namespaces/demo",
    ]);
  });

  it.each(["..", ".", "", "a/b", "a%2fb"])("are not made for the name %j", async (name) => {
    const lines = await sent(async (client) => {
      await expect(client.get(ConfigMap, { namespace: "demo", name })).rejects.toThrow(/cannot be used in a path/);
      await expect(client.get(ConfigMap, { namespace: name || "..", name: "a" })).rejects.toThrow(/cannot be used/);
    });
    expect(lines).toEqual([]);
  });

  it("are not made for one object of a namespaced kind without its namespace", async () => {
    const lines = await sent((client) =>
      expect(client.get(ConfigMap, { name: "a" })).rejects.toThrow(
        "configmaps are namespaced: metadata.namespace is missing",
      ),
    );
    expect(lines).toEqual([]);
  });
});

describe("answers", () => {
  it("fill in what lists leave out, and keep every field as it is", async () => {
    const item = { metadata: { name: "a", creationTimestamp: "2026-11-21T00:00:00Z" }, default: 1, extra: null };
    const url = await answering(200, { metadata: { resourceVersion: "7" }, items: [item] });
    expect(await connect({ url }).list(ConfigMap)).toEqual({
      resourceVersion: "7",
      items: [{ apiVersion: "v1", kind: "ConfigMap", ...item }],
    });
  });

  it("may be an empty list in Go's spelling", async () => {
    const url = await answering(200, { metadata: { resourceVersion: "7" }, items: null });
    expect((await connect({ url }).list(ConfigMap)).items).toEqual([]);
  });

  it.each([
    [409, "Conflict", isConflict],
    [409, "AlreadyExists", isAlreadyExists],
    [404, "NotFound", isNotFound],
    [422, "Invalid", isInvalid],
  ])("%i %s is told apart", async (code, reason, predicate) => {
    const url = await answering(code, refusal(code, reason));
    const error = await failure(connect({ url }).replace(ConfigMap, settings));
    expect(error).toMatchObject({ status: code, reason, message: `${reason} it is` });
    const predicates = [isConflict, isAlreadyExists, isNotFound, isInvalid];
    expect(predicates.filter((each) => each(error))).toEqual([predicate]);
  });

  it("of 404 mean undefined to get, and nothing to a delete that allows it", async () => {
    const client = connect({ url: await answering(404, refusal(404, "NotFound")) });
    expect(await client.get(ConfigMap, key)).toBeUndefined();
    await client.delete(ConfigMap, key, { ignoreNotFound: true });
    expect(isNotFound(await failure(client.delete(ConfigMap, key)))).toBe(true);
  });

  it("that are no Status become errors all the same", async () => {
    const url = await answering(502, "<h1>Bad gateway</h1>\n<p>...</p>");
    expect(await failure(connect({ url }).get(ConfigMap, key))).toMatchObject({
      status: 502,
      reason: "Http502",
      message: "<h1>Bad gateway</h1>",
    });
  });

  it("of 429 with Retry-After are waited out", async () => {
    let calls = 0;
    const url = await serving((_request, response) => {
      calls += 1;
      if (calls === 1) response.writeHead(429, { "retry-after": "0.01" }).end();
      else response.end(JSON.stringify(settings));
    });
    expect(await connect({ url }).get(ConfigMap, key)).toEqual(settings);
  });

  it("of 429 without Retry-After are errors", async () => {
    const url = await answering(429, refusal(429, "TooManyRequests"));
    expect((await failure(connect({ url }).get(ConfigMap, key))).status).toBe(429);
  });
});

describe("a request without an answer", () => {
  it("ends after its time", async () => {
    const url = await serving(() => undefined);
    const error = await failure(connect({ url }).get(ConfigMap, key, { timeoutMs: 20 }));
    expect(error).toMatchObject({ status: 0, reason: "Timeout" });
    expect(error.message).toBe("GET /api/v1/namespaces/demo/configmaps/a: no answer within 20 ms");
  });

  it("ends after its time when the answer stops half way", async () => {
    const url = await serving((_request, response) => void response.writeHead(200).write("{"));
    expect(await failure(connect({ url }).get(ConfigMap, key, { timeoutMs: 50 }))).toMatchObject({ reason: "Timeout" });
  });

  it("ends with the reason of its signal", async () => {
    const aborting = new AbortController();
    const url = await serving(() => aborting.abort(new Error("enough")));
    await expect(connect({ url }).get(ConfigMap, key, { signal: aborting.signal })).rejects.toThrow("enough");
  });

  it("says so when nobody listens", async () => {
    const error = await failure(connect({ url: "http://127.0.0.1:1" }).get(ConfigMap, key));
    expect(error).toMatchObject({ status: 0, reason: "Unreachable" });
    expect(error.message).toMatch(/^GET \/api\/v1\/namespaces\/demo\/configmaps\/a: .*ECONNREFUSED/);
  });

  it("goes again when it met a connection that the server was just closing, if it only reads", async () => {
    let requests = 0;
    const url = await serving((request, response) => {
      requests += 1;
      if (requests === 2) request.socket.resetAndDestroy();
      else response.end(JSON.stringify(settings));
    });
    const client = connect({ url });
    await client.get(ConfigMap, key);
    expect(await client.get(ConfigMap, key)).toEqual(settings);
    expect(requests).toBe(3);
  });
});

describe("a watch", () => {
  const event = (type: string, object: object) => `${JSON.stringify({ type, object })}\n`;

  async function watched(url: string) {
    const events: [string, string | undefined][] = [];
    const query = { namespace: "demo", resourceVersion: "7", timeoutSeconds: 60 };
    for await (const { type, object } of connect({ url }).watch(ConfigMap, query))
      events.push([type, object.metadata.name]);
    return events;
  }

  it("yields events across chunk borders, characters included, until the server ends the stream", async () => {
    const lines = event("ADDED", settings) + event("MODIFIED", { ...settings, metadata: { ...key, name: "ä" } });
    const bytes = Buffer.from(lines);
    const middle = bytes.indexOf(Buffer.from("ä")) + 1;
    let path: string | undefined;
    const url = await serving((request, response) => {
      path = request.url;
      response.write(bytes.subarray(0, middle), () => response.end(bytes.subarray(middle)));
    });
    expect(await watched(url)).toEqual([
      ["ADDED", "a"],
      ["MODIFIED", "ä"],
    ]);
    expect(path).toBe(
      "/api/v1/namespaces/demo/configmaps?watch=true&allowWatchBookmarks=true&timeoutSeconds=60&resourceVersion=7",
    );
  });

  it("throws what an ERROR event says", async () => {
    const url = await answering(200, event("ERROR", refusal(410, "Expired")));
    expect(await failure(watched(url))).toMatchObject({ status: 410, reason: "Expired" });
  });

  it("throws when the connection breaks", async () => {
    const url = await serving((request, response) => {
      response.write(event("ADDED", settings), () => request.socket.destroy());
    });
    expect(await failure(watched(url))).toMatchObject({ reason: "Unreachable" });
  });
});

describe("a kubeconfig", () => {
  const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

  function kubeconfig(cluster: object, user: object): string {
    const directory = mkdtempSync(join(tmpdir(), "kubeconfig-"));
    cleanups.push(() => rmSync(directory, { recursive: true }));
    const file = join(directory, "config");
    const config = {
      "current-context": "test",
      contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
      clusters: [{ name: "test", cluster }],
      users: [{ name: "test", user }],
    };
    writeFileSync(file, JSON.stringify(config));
    return file;
  }

  /** Tells who called. */
  const whoami: RequestListener = (request, response) => {
    const socket = request.socket as Partial<TLSSocket>;
    const subject = socket.getPeerCertificate?.().subject?.CN;
    response.end(JSON.stringify({ certificate: subject, authorization: request.headers.authorization }));
  };

  async function secure(): Promise<string> {
    const tls = { key: readFileSync(fixture("server.key")), cert: readFileSync(fixture("server.pem")) };
    const ca = readFileSync(fixture("ca.pem"));
    return `https://${await listening(createHttps({ ...tls, ca, requestCert: true, rejectUnauthorized: false }, whoami))}`;
  }

  it("with a client certificate", async () => {
    const cluster = { server: await secure(), "certificate-authority": fixture("ca.pem") };
    const user = { "client-certificate": fixture("client.pem"), "client-key": fixture("client.key") };
    expect(await connect({ kubeconfig: kubeconfig(cluster, user) }).getRaw("/")).toEqual({ certificate: "client" });
  });

  it("with a token and inline certificates", async () => {
    const authority = readFileSync(fixture("ca.pem")).toString("base64");
    const cluster = { server: await secure(), "certificate-authority-data": authority };
    const client = connect({ kubeconfig: kubeconfig(cluster, { token: "secret" }) });
    expect(await client.getRaw("/")).toEqual({ authorization: "Bearer secret" });
  });

  it("does not trust an unknown authority", async () => {
    const client = connect({ kubeconfig: kubeconfig({ server: await secure() }, { token: "secret" }) });
    expect(await failure(client.getRaw("/"))).toMatchObject({ reason: "Unreachable" });
  });

  it("of a plain http server with a base path", async () => {
    const url = await serving((request, response) => response.end(JSON.stringify(request.url)));
    const client = connect({ kubeconfig: kubeconfig({ server: `${url}/clusters/one` }, { token: "secret" }) });
    expect(await client.getRaw("/version")).toBe("/clusters/one/version");
  });

  it("that is missing is an error of the call, and is looked for again", async () => {
    const file = kubeconfig({ server: await serving(whoami) }, { token: "late" });
    const content = readFileSync(file);
    rmSync(file);
    const client = connect({ kubeconfig: file });
    await expect(client.getRaw("/")).rejects.toThrow(/ENOENT/);
    writeFileSync(file, content);
    expect(await client.getRaw("/")).toEqual({ authorization: "Bearer late" });
  });
});

it("a url with a token needs no kubeconfig", async () => {
  const url = await serving((request, response) => response.end(JSON.stringify(request.headers.authorization)));
  expect(await connect({ url, token: "t" }).getRaw("/")).toBe("Bearer t");
});
