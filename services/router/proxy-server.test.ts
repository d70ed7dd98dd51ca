import { once } from "node:events";
import http, { type IncomingMessage, type RequestListener, type Server } from "node:http";
import net, { type AddressInfo, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Endpoint } from "./endpoints.ts";
import { defaultLimits, type RouterLimits } from "./limits.ts";
import { routerMetrics } from "./metrics.ts";
import { type ProxyServer, proxyServer } from "./proxy-server.ts";
import type { RouteTable } from "./route-table.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface TestRouter {
  port: number;
  proxy: ProxyServer;
  point(...to: (Server | net.Server | number)[]): void;
}

function portOf(server: Server | net.Server | number): number {
  return typeof server === "number" ? server : (server.address() as AddressInfo).port;
}

function tableTo(ports: number[]): RouteTable {
  const endpoints: Endpoint[] = ports.map((port) => ({ key: `127.0.0.1:${port}`, host: "127.0.0.1", port }));
  const backend = { key: "team/web:80", endpoints };
  const routes = [{ path: "/", exact: false, backend }];
  return { exact: new Map([["a.test", routes]]), wildcard: new Map(), backends: new Map([[backend.key, backend]]) };
}

async function router(limits: Partial<RouterLimits> = {}): Promise<TestRouter> {
  const proxy = proxyServer({ ...defaultLimits, patienceMs: 1_000, retryMs: 20, ...limits }, routerMetrics());
  proxy.server.listen(0, "127.0.0.1");
  await once(proxy.server, "listening");
  cleanups.push(() => proxy.close());
  return { port: portOf(proxy.server), proxy, point: (...to) => proxy.useTable(tableTo(to.map(portOf))) };
}

async function application(listener: RequestListener, port = 0): Promise<Server> {
  const server = http.createServer(listener).listen(port, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => stop(server));
  return server;
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  if (server.listening) await new Promise((resolve) => server.close(resolve));
}

/** A server that sees the bare bytes. */
async function rawServer(onConnection: (socket: Socket) => void): Promise<net.Server> {
  const sockets = new Set<Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    onConnection(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return server;
}

interface Answer {
  status: number;
  headers: IncomingMessage["headers"];
  body: string;
}

function send(port: number, options: http.RequestOptions & { body?: string } = {}): Promise<Answer> {
  const { body, headers, ...rest } = options;
  const request = http.request({
    port,
    host: "127.0.0.1",
    agent: false,
    ...rest,
    headers: { host: "a.test", ...headers },
  });
  const answer = once(request, "response").then(async ([response]: IncomingMessage[]) => ({
    status: response?.statusCode ?? 0,
    headers: response?.headers ?? {},
    body: response ? await text(response) : "",
  }));
  request.end(body);
  return answer;
}

/** Sends bytes, resolves with all that came back when the router ends the connection. */
async function sendRaw(port: number, bytes: string): Promise<string> {
  const socket = net.connect(port, "127.0.0.1");
  cleanups.push(() => socket.destroy());
  socket.write(bytes);
  return text(socket);
}

const echo: RequestListener = async (request, response) => {
  const { method, url, rawHeaders } = request;
  response.end(JSON.stringify({ method, url, rawHeaders, body: await text(request) }));
};

describe("an ordinary request", () => {
  it("arrives as it was sent: method, encoded path, Host, repeated fields, body", async () => {
    const { port, point } = await router();
    point(await application(echo));
    const answer = await send(port, {
      method: "POST",
      path: "/a%2Fb/../c?x=%20",
      headers: { host: "A.test:99", "X-Twice": ["1", "2"] },
      body: "hello",
    });
    const seen = JSON.parse(answer.body);
    expect(seen).toMatchObject({ method: "POST", url: "/a%2Fb/../c?x=%20", body: "hello" });
    expect(seen.rawHeaders.join("|")).toContain("Host|A.test:99");
    expect(seen.rawHeaders.join("|")).toContain("X-Twice|1|X-Twice|2");
  });

  it("carries the router's word on who asked, never the client's", async () => {
    const { port, point } = await router();
    point(await application(echo));
    const headers = {
      "X-Forwarded-For": "6.6.6.6",
      "X-Forwarded-Port": "1",
      Forwarded: "for=6.6.6.6",
      "CF-Connecting-IP": "6.6.6.6",
      "X-Real-IP": "6.6.6.6",
    };
    const seen = (await send(port, { headers })).body;
    expect(seen).not.toContain("6.6.6.6");
    expect(seen).not.toContain("X-Forwarded-Port");
    expect(JSON.parse(seen).rawHeaders.join("|")).toContain(
      "CF-Connecting-IP|127.0.0.1|X-Forwarded-For|127.0.0.1|X-Forwarded-Proto|http|X-Forwarded-Host|a.test",
    );
  });

  it("loses hop-by-hop fields both ways, but never Host by way of Connection", async () => {
    const { port, point } = await router();
    point(
      await application((request, response) => {
        response.setHeader("Connection", "close, X-Inner");
        response.setHeader("X-Inner", "1");
        response.setHeader("X-Outer", "1");
        echo(request, response);
      }),
    );
    const headers = { connection: "close, x-hop, host", "x-hop": "1", te: "trailers", "proxy-authorization": "secret" };
    const answer = await send(port, { headers });
    const names = JSON.parse(answer.body).rawHeaders.filter((_: string, i: number) => i % 2 === 0);
    expect(names.map((name: string) => name.toLowerCase())).not.toEqual(expect.arrayContaining(["x-hop"]));
    expect(names).toContain("Host");
    expect(answer.body).not.toContain("secret");
    expect(answer.headers["x-inner"]).toBeUndefined();
    expect(answer.headers["x-outer"]).toBe("1");
  });

  it("keeps several cookies apart, the status text, and Content-Length of a HEAD", async () => {
    const { port, point } = await router();
    point(
      await application((_, response) => {
        response.writeHead(299, "Fine Indeed", { "Set-Cookie": ["a=1", "b=2"], "Content-Length": "5" });
        response.end("12345");
      }),
    );
    const head = await send(port, { method: "HEAD" });
    expect(head).toMatchObject({ status: 299, body: "" });
    expect(head.headers).toMatchObject({ "set-cookie": ["a=1", "b=2"], "content-length": "5" });
    expect(await sendRaw(port, "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")).toContain(
      "299 Fine Indeed",
    );
  });

  it("uses the host of an absolute target, not that of the Host field", async () => {
    const { port, point } = await router();
    point(await application(echo));
    const raw = await sendRaw(port, "GET http://a.test?q HTTP/1.1\r\nHost: b.test\r\nConnection: close\r\n\r\n");
    expect(raw).toContain('"url":"/?q"');
    expect(raw).toContain('"Host","a.test"');
  });

  it("does not give a POST without body a chunked one", async () => {
    const { port, point } = await router();
    point(await application(echo));
    const raw = await sendRaw(port, "POST / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n");
    expect(raw.toLowerCase()).toContain('"content-length","0"');
    expect(raw.toLowerCase()).not.toContain('"transfer-encoding"');
  });

  it("sees 103 Early Hints before the answer", async () => {
    const { port, point } = await router();
    point(
      await application((_, response) => {
        response.writeEarlyHints({ link: "</x.css>; rel=preload" }, () => response.end("done"));
      }),
    );
    const request = http.get({ port, host: "127.0.0.1", headers: { host: "a.test" }, agent: false });
    const answered = once(request, "response");
    const [hints] = (await once(request, "information")) as [http.InformationEvent];
    expect(hints).toMatchObject({ statusCode: 103, headers: { link: "</x.css>; rel=preload" } });
    const [response] = (await answered) as [IncomingMessage];
    expect(await text(response)).toBe("done");
  });

  it.each([
    ["a Link that is none", "HTTP/1.1 103 Early Hints\r\nLink: nonsense\r\n\r\n", ""],
    ["a Link without end", `HTTP/1.1 103 Early Hints\r\nLink: <a>;${"=".repeat(50_000)}"\r\n\r\n`, ""],
    [
      "several links, some of them none",
      "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload, </b>\r\nLink: </c>; \x80\r\nLink: </d>; as\r\n\r\n",
      "Link: </a>; rel=preload, </b>, </d>; as\r\n",
    ],
    ["hints without Link", "HTTP/1.1 103 Early Hints\r\nX: 1\r\n\r\n", ""],
    ["102", "HTTP/1.1 102 Processing\r\n\r\n", "HTTP/1.1 102 Processing"],
    ["an unknown 1xx", "HTTP/1.1 199 What\r\nLink: x\r\n\r\n", ""],
  ])("survives %s before the answer", async (_, information, passed) => {
    const { port, point } = await router();
    const answer = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\ndone";
    point(await rawServer((socket) => socket.once("data", () => socket.end(information + answer, "latin1"))));
    const started = performance.now();
    const raw = await sendRaw(port, "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n");
    expect(raw).toMatch(/HTTP\/1\.1 200 OK.*done$/s);
    expect(raw).toContain(passed);
    if (passed === "") expect(raw).toMatch(/^HTTP\/1\.1 200/);
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it("is told 100 Continue only when there is somebody to take the body", async () => {
    const { port, point } = await router();
    point(await application(echo));
    const head = (host: string) =>
      `POST / HTTP/1.1\r\nHost: ${host}\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n`;
    expect(await sendRaw(port, `${head("a.test")}ok`)).toMatch(/^HTTP\/1.1 100 Continue.*"body":"ok"/s);
    expect(await sendRaw(port, head("nobody.test"))).toMatch(/^HTTP\/1.1 404/);
  });

  it("reuses connections to an endpoint", async () => {
    const { port, point } = await router();
    const connections = new Set<Socket>();
    point(
      await application((request, response) => {
        connections.add(request.socket);
        response.end();
      }),
    );
    for (let i = 0; i < 5; i++) await send(port);
    expect(connections.size).toBe(1);
  });
});

describe("streaming", () => {
  it("passes an answer on piece by piece", async () => {
    const { port, point } = await router();
    let more = () => {};
    point(
      await application((_, response) => {
        response.write("first ");
        more = () => response.end("second");
      }),
    );
    const request = http.get({ port, host: "127.0.0.1", headers: { host: "a.test" }, agent: false });
    const [response] = (await once(request, "response")) as [IncomingMessage];
    const [first] = (await once(response, "data")) as [Buffer];
    expect(first.toString()).toBe("first ");
    more();
    expect(await text(response)).toBe("second");
  });

  it("passes the head on before there is a body", async () => {
    const { port, point } = await router();
    point(await application((_, response) => response.flushHeaders()));
    const request = http.get({ port, host: "127.0.0.1", headers: { host: "a.test" }, agent: false });
    const [response] = (await once(request, "response")) as [IncomingMessage];
    expect(response.statusCode).toBe(200);
    request.destroy();
  });

  it("holds back a sender whose receiver is slow", async () => {
    const { port, point } = await router();
    let written = 0;
    const total = 64 * 1024 * 1024;
    point(
      await application((_, response) => {
        const chunk = Buffer.alloc(256 * 1024);
        const write = () => {
          while (written < total) {
            written += chunk.length;
            if (!response.write(chunk)) return;
          }
          response.end();
        };
        response.on("drain", write);
        write();
      }),
    );
    const request = http.get({ port, host: "127.0.0.1", headers: { host: "a.test" }, agent: false });
    const [response] = (await once(request, "response")) as [IncomingMessage];
    const seen: number[] = [];
    await vi.waitUntil(() => seen.push(written) > 1 && seen.at(-1) === seen.at(-2), { interval: 100, timeout: 5_000 });
    expect(written).toBeLessThan(total / 2);
    let received = 0;
    for await (const chunk of response) received += chunk.length;
    expect(received).toBe(total);
  });

  it("carries a large chunked upload through", async () => {
    const { port, point } = await router();
    point(
      await application(async (request, response) => {
        let size = 0;
        for await (const chunk of request) size += chunk.length;
        response.end(String(size));
      }),
    );
    expect((await send(port, { method: "PUT", body: "x".repeat(8_000_000) })).body).toBe("8000000");
  });

  it("answers an upload that the endpoint refuses early, and goes on with the connection", async () => {
    const { port, point } = await router();
    point(
      await application((request, response) => {
        if (request.method === "GET") return void response.end("next");
        response.writeHead(413).end("too much");
      }),
    );
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    cleanups.push(() => agent.destroy());
    expect(await send(port, { method: "POST", body: "x".repeat(500_000), agent })).toMatchObject({ status: 413 });
    expect((await send(port, { agent })).body).toBe("next");
  });

  it("tells the endpoint when the client leaves", async () => {
    const { port, point } = await router();
    const { promise: left, resolve } = Promise.withResolvers<void>();
    point(
      await application((request, response) => {
        response.on("close", resolve);
        response.write("x");
        request.resume();
      }),
    );
    const request = http.get({ port, host: "127.0.0.1", headers: { host: "a.test" }, agent: false });
    const [response] = (await once(request, "response")) as [IncomingMessage];
    response.on("error", () => undefined);
    request.destroy();
    await left;
  });

  it("breaks off where the endpoint breaks off", async () => {
    const { port, point } = await router();
    point(
      await application((_, response) => {
        response.writeHead(200, { "Content-Length": "10" });
        response.write("half ", () => response.destroy());
      }),
    );
    await expect(send(port)).rejects.toThrow("aborted");
  });
});

describe("nothing is dropped", () => {
  it("when an endpoint closed its idle connections", async () => {
    const { port, point } = await router();
    let connections = 0;
    const server = await rawServer((socket) => {
      connections += 1;
      let answered = false;
      socket.on("data", () => {
        if (answered) return void socket.destroy(); // a server that ended while the connection was idle
        answered = true;
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      });
    });
    point(server);
    expect((await send(port)).body).toBe("ok");
    expect((await send(port, { method: "POST", body: "small" })).body).toBe("ok");
    expect(connections).toBe(2);
  });

  it("when one of two endpoints refuses connections", async () => {
    const { port, point } = await router();
    const dead = await application(echo);
    const deadPort = portOf(dead);
    await stop(dead);
    point(deadPort, await application((_, response) => response.end("alive")));
    const answers = await Promise.all(Array.from({ length: 6 }, () => send(port, { method: "POST", body: "x" })));
    expect(answers.map((each) => each.body)).toEqual(Array(6).fill("alive"));
  });

  it("when the only endpoint is being replaced", async () => {
    const { port, point } = await router();
    point();
    const answer = send(port, { method: "POST", body: "x" });
    const server = await application((_, response) => response.end("new"));
    point(server);
    expect((await answer).body).toBe("new");
  });

  it("when an endpoint comes back at the same address", async () => {
    const { port, point } = await router();
    const first = await application(echo);
    const address = portOf(first);
    await stop(first);
    point(address);
    const answer = send(port);
    await application((_, response) => response.end("back"), address);
    expect((await answer).body).toBe("back");
  });

  it("but a large upload is sent only once", async () => {
    const { port, point } = await router();
    let connections = 0;
    const server = await rawServer((socket) => {
      connections += 1;
      let seen = 0;
      socket.on("data", (chunk) => {
        seen += chunk.length;
        if (seen > 200_000) socket.destroy();
      });
    });
    point(server);
    const answer = await send(port, { method: "PUT", body: "x".repeat(1_000_000) }).catch(() => undefined);
    expect(answer?.status ?? 502).toBe(502);
    expect(connections).toBe(1);
  });

  it.each([
    ["GET", 2],
    ["POST", 1],
  ])("and a %s that breaks new connections is sent %i times", async (method, attempts) => {
    const { port, point } = await router();
    let connections = 0;
    point(
      await rawServer((socket) => {
        connections += 1;
        socket.on("data", () => socket.destroy());
      }),
    );
    expect(await send(port, { method })).toMatchObject({
      status: 502,
      body: expect.stringContaining("endpoint_closed"),
    });
    expect(connections).toBe(attempts);
  });

  it("closes idle connections to an endpoint that is gone, and lets the one in use finish", async () => {
    const { port, point } = await router();
    const { promise: idleClosed, resolve: onIdleClosed } = Promise.withResolvers<void>();
    const { promise: arrived, resolve: onArrived } = Promise.withResolvers<() => void>();
    const server = await application((request, response) => {
      if (request.url === "/slow") return onArrived(() => response.end("finished"));
      request.socket.once("close", onIdleClosed);
      response.end();
    });
    point(server);
    const slow = send(port, { path: "/slow" });
    const finish = await arrived;
    await send(port);
    point(await application(echo));
    await idleClosed;
    finish();
    expect((await slow).body).toBe("finished");
  });
});

describe("refusals", () => {
  const text404 = "404 no_route: Nothing is served at this address.\n";

  it("say nothing about others", async () => {
    const { port, point } = await router();
    point(await application(echo));
    expect(await send(port, { headers: { host: "b.test" } })).toMatchObject({ status: 404, body: text404 });
  });

  it("are JSON for who asks for it", async () => {
    const { port } = await router();
    const { body } = await send(port, { headers: { accept: "application/json" } });
    expect(JSON.parse(body)).toEqual({ error: { code: "no_route", message: "Nothing is served at this address." } });
  });

  it("503 when nothing got ready in time", async () => {
    const { port, point } = await router({ patienceMs: 50 });
    point();
    const answer = await send(port);
    expect(answer).toMatchObject({ status: 503, body: expect.stringContaining("no_endpoint") });
    expect(answer.headers["retry-after"]).toBe("1");
  });

  it("503 at once when too many wait", async () => {
    const { port, point } = await router({ waitingRequestsPerBackend: 2, patienceMs: 300, retryMs: 300 });
    point();
    const bodies = (await Promise.all([send(port), send(port), send(port)])).map((each) => each.body.split(":")[0]);
    expect(bodies.sort()).toEqual(["503 no_endpoint", "503 no_endpoint", "503 overloaded"]);
  });

  it("502 when connections are refused for too long", async () => {
    const { port, point } = await router({ patienceMs: 60 });
    const dead = await application(echo);
    const deadPort = portOf(dead);
    await stop(dead);
    point(deadPort);
    expect(await send(port)).toMatchObject({ status: 502, body: expect.stringContaining("endpoint_unreachable") });
  });

  it("504 when there is no answer", async () => {
    const { port, point } = await router({ answerMs: 50 });
    point(await application(() => undefined));
    expect(await send(port)).toMatchObject({ status: 504, body: expect.stringContaining("endpoint_timeout") });
  });

  it.each([
    ["no HTTP", "what?\r\n\r\n"],
    ["a status that does not exist", "HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n"],
    ["half a head", "HTTP/1.1 200 OK\r\nX-Half"],
    ["an upgrade that nobody asked for", "HTTP/1.1 101 Surprise\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"],
  ])("502 when the answer is %s", async (_, bytes) => {
    const { port, point } = await router();
    point(await rawServer((socket) => socket.once("data", () => socket.end(bytes))));
    expect(await send(port)).toMatchObject({ status: 502, body: expect.stringContaining("invalid_answer") });
  });

  it.each([
    ["two hosts", "GET / HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\n\r\n", /^HTTP\/1.1 400/],
    ["no host", "GET / HTTP/1.1\r\n\r\n", /^HTTP\/1.1 400/],
    ["nonsense", "nonsense\r\n\r\n", /^HTTP\/1.1 400 invalid_request/],
    ["a target that is no path", "OPTIONS * HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n", /^HTTP\/1.1 400/],
    ["large fields", `GET / HTTP/1.1\r\nHost: a.test\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, /^HTTP\/1.1 431/],
    [
      "two lengths",
      "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      /^HTTP\/1.1 400/,
    ],
    [
      "an unknown encoding",
      "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      /^HTTP\/1.1 501/,
    ],
  ])("%s", async (_, bytes, expected) => {
    const { port, point } = await router();
    point(await application(echo));
    const socket = net.connect(port, "127.0.0.1");
    cleanups.push(() => socket.destroy());
    socket.write(bytes);
    const [first] = (await once(socket, "data")) as [Buffer];
    expect(first.toString()).toMatch(expected);
  });

  it("answers health checks only where no tenant is", async () => {
    const { port, point } = await router();
    point(await application((_, response) => response.end("tenant")));
    const path = "/.octoplane/healthz";
    expect(await send(port, { path, headers: { host: "10.0.0.1" } })).toMatchObject({ status: 200, body: "ok\n" });
    expect((await send(port, { path })).body).toBe("tenant");
  });
});

describe("upgrades", () => {
  const handshake = "GET /ws HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

  async function client(port: number, bytes: string): Promise<Socket> {
    const socket = net.connect(port, "127.0.0.1");
    cleanups.push(() => socket.destroy());
    await once(socket, "connect");
    socket.write(bytes);
    return socket;
  }

  async function received(socket: Socket, what: string): Promise<string> {
    let all = "";
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      all += chunk;
      if (all.includes(what)) return all;
    }
    throw new Error(`ended without ${JSON.stringify(what)}: ${all}`);
  }

  it("tunnel bytes both ways, those sent early too, and end together", async () => {
    const { port, point } = await router();
    const server = await application(() => undefined);
    server.on("upgrade", (request, socket, head) => {
      socket.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Key: 1\r\n\r\nhello ",
      );
      socket.write(head);
      socket.pipe(socket);
      request.resume();
    });
    point(server);
    const socket = await client(port, `${handshake}early `);
    const head = await received(socket, "early ");
    expect(head).toMatch(/^HTTP\/1.1 101 Switching Protocols\r\n/);
    expect(head).toContain("X-Key: 1");
    expect(head.toLowerCase()).toContain("upgrade: websocket");
    expect(head).toContain("hello ");
    socket.end("bye");
    expect(await received(socket, "bye")).toBe("bye");
    await once(socket.resume(), "end");
  });

  it("keep the bytes of fields that are not ASCII", async () => {
    const { port, point } = await router();
    const answer = "HTTP/1.1 101 Caf\xe9\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Key: \xe9\r\n\r\nhello";
    point(await rawServer((socket) => socket.once("data", () => socket.end(answer, "latin1"))));
    const socket = (await client(port, handshake)).setEncoding("latin1");
    const head = await received(socket, "hello");
    expect(head).toMatch(/^HTTP\/1.1 101 Caf\xe9\r\n/);
    expect(head).toContain("X-Key: \xe9\r\n");
  });

  it("that the endpoint declines get its answer", async () => {
    const { port, point } = await router();
    point(
      await rawServer((socket) =>
        socket.once("data", () => socket.write("HTTP/1.1 403 No\r\nContent-Length: 4\r\n\r\nnope")),
      ),
    );
    const socket = await client(port, handshake);
    expect(await text(socket)).toMatch(/^HTTP\/1.1 403 No\r\n.*nope$/s);
  });

  it("without a route are refused like any request", async () => {
    const { port } = await router();
    expect(await text(await client(port, handshake))).toMatch(/^HTTP\/1.1 404 no_route/);
  });

  it("to anything but WebSocket are answered as plain HTTP/1.1", async () => {
    const { port, point } = await router();
    point(await application(echo));
    const h2c =
      "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n";
    const answer = await received(await client(port, h2c), '"body":""');
    expect(answer).toMatch(/^HTTP\/1.1 200/);
    expect(answer.toLowerCase()).not.toContain("h2c");
  });
});
