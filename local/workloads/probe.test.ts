import { once } from "node:events";
import http, { type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { look, type ProbeTarget, watchProbe } from "./probe.ts";
import type { Probe } from "./template.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function serve(listener: http.RequestListener): Promise<ProbeTarget> {
  const server: Server = http.createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return target((server.address() as AddressInfo).port);
}

function target(port: number): ProbeTarget {
  return { container: { name: "c", ports: [{ name: "web", containerPort: 80 }] }, ports: new Map([[80, port]]) };
}

const httpProbe: Probe = {
  httpGet: { path: "/up", port: "web", httpHeaders: [{ name: "Host", value: "up.test" }] },
  timeoutSeconds: 0.1,
};

describe("look", () => {
  it.each([
    [200, true],
    [302, true],
    [404, false],
    [503, false],
  ])("an answer of %i is %s", async (status, expected) => {
    expect(await look(httpProbe, await serve((_, response) => response.writeHead(status).end()))).toBe(expected);
  });

  it("asks for the path and the host", async () => {
    const at = await serve((request, response) => {
      response.writeHead(request.url === "/up" && request.headers.host === "up.test" ? 200 : 500).end();
    });
    expect(await look(httpProbe, at)).toBe(true);
  });

  it("waits no longer than it may", async () => {
    expect(await look(httpProbe, await serve(() => undefined))).toBe(false);
  });

  it.each([
    ["an open port", true],
    ["a closed one", false],
  ])("TCP: %s", async (_, open) => {
    const at = await serve(() => undefined);
    if (!open) for (const cleanup of cleanups.splice(0)) cleanup();
    expect(await look({ tcpSocket: { port: 80 } }, at)).toBe(open);
  });

  it("of a port that the process does not have", async () => {
    expect(await look({ httpGet: { port: "none" } }, target(1))).toBe(false);
  });
});

describe("watchProbe", () => {
  it("tells the first success, the failure after enough of them, and the recovery", async () => {
    const answers = [200, 500, 200, 500, 500, 200];
    const at = await serve((_, response) => response.writeHead(answers.shift() ?? 200).end());
    const verdicts: [boolean, number][] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const probe = { ...httpProbe, timeoutSeconds: 5, periodSeconds: 0.02, failureThreshold: 2 };
    const stop = watchProbe(probe, at, (verdict) => {
      verdicts.push([verdict, answers.length]);
      if (verdicts.length === 3) resolve();
    });
    cleanups.push(stop);
    await promise;
    expect(verdicts).toEqual([
      [true, 5],
      [false, 1],
      [true, 0],
    ]);
  });

  it("gives a process that never answers the time that it was promised", async () => {
    const at = await serve((_, response) => response.writeHead(500).end());
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const before = performance.now();
    cleanups.push(watchProbe({ ...httpProbe, periodSeconds: 0.05, failureThreshold: 4 }, at, resolve));
    expect(await promise).toBe(false);
    expect(performance.now() - before).toBeGreaterThanOrEqual(199);
  });
});
