import { once } from "node:events";
import http, { type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { EndpointSlice, Ingress, Service } from "../../api/builtin.ts";
import { connect, type KubernetesClient } from "../../kubernetes/client.ts";
import { startApiServer } from "../../local/apiserver/start.ts";
import { type Router, type RouterOptions, startRouter } from "./start.ts";

const cleanups: (() => unknown)[] = [];
let client: KubernetesClient;

beforeEach(async () => {
  const api = await startApiServer({ dataFile: ":memory:" });
  cleanups.push(() => api.close());
  client = connect({ url: api.url, token: api.token });
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const namespace = "default";

async function application(answer: string): Promise<number> {
  const server: Server = http.createServer((_, response) => response.end(answer)).listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function slice(port: number): EndpointSlice {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: "web-1", namespace, labels: { "kubernetes.io/service-name": "web" } },
    addressType: "IPv4",
    endpoints: [{ addresses: ["127.0.0.1"], conditions: { ready: true } }],
    ports: [{ name: "http", port, protocol: "TCP" }],
  };
}

async function publish(port: number, ingressClassName = "octoplane"): Promise<void> {
  await client.create(Service, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace },
    spec: { ports: [{ name: "http", port: 80, targetPort: "http" }] },
  });
  await client.create(EndpointSlice, slice(port));
  const backend = { service: { name: "web", port: { number: 80 } } };
  await client.create(Ingress, {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: "web", namespace },
    spec: {
      ingressClassName,
      rules: [{ host: "web.test", http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
    },
  });
}

async function start(options: Partial<RouterOptions> = {}): Promise<Router> {
  const router = await startRouter({ client, port: 0, ...options });
  cleanups.push(() => router.close());
  return router;
}

async function ask({ url }: Router, path = "/"): Promise<string> {
  const request = http.get(url + path, { headers: { host: "web.test" } });
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  return `${response.statusCode} ${await text(response)}`;
}

it("routes what is there at its start, and follows every change", async () => {
  await publish(await application("one"));
  const router = await start();
  expect(await ask(router)).toBe("200 one");

  await client.replace(EndpointSlice, slice(await application("two")));
  await vi.waitUntil(async () => (await ask(router)) === "200 two");
  await client.delete(Ingress, { namespace, name: "web" });
  await vi.waitUntil(async () => (await ask(router)).startsWith("404"));
});

it("writes where it serves into the status of its Ingresses, once", async () => {
  await publish(await application("one"));
  const { url } = await start();
  const ports = [{ port: Number(new URL(url).port), protocol: "TCP" }];
  const read = () => client.get(Ingress, { namespace, name: "web" });
  await vi.waitUntil(async () => (await read())?.status?.loadBalancer?.ingress);
  const before = await read();
  expect(before?.status?.loadBalancer?.ingress).toEqual([{ ip: "127.0.0.1", ports }]);

  await client.mergePatch(Ingress, { namespace, name: "web" }, { metadata: { annotations: { a: "1" } } });
  const marker: Ingress = { ...(before as Ingress), metadata: { name: "marker", namespace } };
  await client.create(Ingress, { ...marker, status: {} });
  await vi.waitUntil(async () => {
    const made = await client.get(Ingress, { namespace, name: "marker" });
    return made?.status?.loadBalancer?.ingress;
  });
  const after = await read();
  expect(Number(after?.metadata.generation)).toBe(Number(before?.metadata.generation));
  expect(after?.status).toEqual(before?.status);
});

it("says what it is told to say, and nothing when it listens on every address", async () => {
  await publish(await application("one"));
  const read = async () => (await client.get(Ingress, { namespace, name: "web" }))?.status?.loadBalancer?.ingress;
  await ask(await start({ host: "0.0.0.0" }));
  await start({ host: "0.0.0.0", published: { hostname: "edge.test" } });
  await vi.waitUntil(read);
  expect(await read()).toEqual([{ hostname: "edge.test" }]);
});

it("leaves Ingresses of other classes alone", async () => {
  await publish(await application("one"), "nginx");
  const router = await start();
  expect(await ask(router)).toMatch(/^404 /);
  expect((await client.get(Ingress, { namespace, name: "web" }))?.status?.loadBalancer?.ingress).toBeUndefined();
});

it("has health and metrics on a port of their own", async () => {
  await publish(await application("one"));
  const router = await start({ adminPort: 0 });
  await ask(router);
  const get = async (path: string) => (await fetch(router.adminUrl + path)).text();
  expect(await get("/healthz")).toBe("ok\n");
  expect(await get("/readyz")).toBe("ok\n");
  expect(await get("/metrics")).toContain('octoplane_router_answers_total{status="200"} 1');
  expect(await get("/nonsense")).toBe("not found\n");
  expect(await ask(router, "/metrics")).toBe("200 one");
});

it("answers what runs when it is closed, and ends what runs for too long", async () => {
  const server = http.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await publish((server.address() as AddressInfo).port);
  const arrival = () => once(server, "request") as Promise<[http.IncomingMessage, http.ServerResponse]>;

  const patient = await startRouter({ client, port: 0, drainMs: 60_000 });
  const answer = ask(patient);
  const [, held] = await arrival();
  const closed = patient.close();
  held.end("late");
  expect(await answer).toBe("200 late");
  await closed;

  const hasty = await startRouter({ client, port: 0, drainMs: 10 });
  const cut = ask(hasty);
  await arrival();
  const ended = hasty.close();
  await expect(cut).rejects.toMatchObject({ code: "ECONNRESET" });
  await ended;
});

it("says when its port is taken, and leaves nothing running", async () => {
  const port = await application("occupied");
  await expect(startRouter({ client, port })).rejects.toThrow("EADDRINUSE");
});
