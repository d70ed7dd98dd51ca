/** The HTTP server of the router: takes requests in, finds their route, answers by itself where there is none. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type EndpointPools, endpointPools } from "./endpoint-pools.ts";
import { type Exchange, type ForwardContext, forward } from "./forward.ts";
import { type Forwarded, hasBody } from "./headers.ts";
import { httpExchange } from "./http-exchange.ts";
import type { RouterLimits } from "./limits.ts";
import { isKnownHost, matchRoute } from "./match.ts";
import type { RouterMetrics } from "./metrics.ts";
import { type RefusalCode, rawRefusal, refusalMessage } from "./refusal.ts";
import { type RequestTarget, requestTarget } from "./request-target.ts";
import type { RouteTable } from "./route-table.ts";
import { upgradeExchange } from "./upgrade-exchange.ts";
import { type WaitingRoom, waitingRoom } from "./waiting-room.ts";

export interface ProxyServer {
  server: Server;
  /** From now on requests go by this table. */
  useTable(table: RouteTable): void;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** Answers on hosts that nobody claimed, so that a load balancer can ask the serving port. */
export const healthPath = "/.octoplane/healthz";

interface Proxy extends ForwardContext {
  table: RouteTable;
  pools: EndpointPools;
  waiting: WaitingRoom;
  limits: RouterLimits;
  metrics: RouterMetrics;
  tunnels: Set<Duplex>;
}

export function proxyServer(limits: RouterLimits, metrics: RouterMetrics): ProxyServer {
  const proxy: Proxy = {
    table: { exact: new Map(), wildcard: new Map(), backends: new Map() },
    pools: endpointPools(),
    waiting: waitingRoom({ total: limits.waitingRequests, perBackend: limits.waitingRequestsPerBackend }),
    limits,
    metrics,
    onRetry: metrics.retried,
    tunnels: new Set(),
  };
  const server = createServer(serverOptions(limits));
  server.maxConnections = limits.connections;
  // One request that goes wrong costs its own connection, never the others'.
  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    serve(proxy, request, response).catch(() => response.destroy());
  }
  server.on("request", onRequest);
  server.on("checkContinue", onRequest);
  server.on("upgrade", (request, socket, head) => {
    serveUpgrade(proxy, request, socket, head).catch(() => socket.destroy());
  });
  server.on("clientError", answerClientError);

  return {
    server,
    useTable(table) {
      proxy.table = table;
      const live = [...table.backends.values()].flatMap(({ endpoints }) => endpoints.map((each) => each.key));
      proxy.pools.keepOnly(new Set(live));
      proxy.waiting.wake();
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      for (const tunnel of proxy.tunnels) tunnel.destroy();
      proxy.pools.close();
      await closed;
    },
  };
}

function serverOptions(limits: RouterLimits) {
  return {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: 5_000,
    noDelay: true,
    // Other protocols would pass the router's eyes; such requests (curl's h2c) are answered as plain HTTP/1.1.
    shouldUpgradeCallback: isWebSocket,
  };
}

async function serve(proxy: Proxy, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.once("finish", () => proxy.metrics.answered(response.statusCode));
  const target = requestTarget(request);
  if (!target) return refuse("invalid_request", request, response);
  if (!isChunkedOrPlain(request)) return refuse("unsupported_encoding", request, response);
  if (isHealthCheck(proxy, target)) return void response.end("ok\n");
  if (!matchRoute(proxy.table, target.host, target.path)) return refuse("no_route", request, response);
  if (request.headers.expect?.toLowerCase() === "100-continue") response.writeContinue();

  const exchange = httpExchange(request, response, {
    ...commonOptions(proxy, request, target),
    limits: proxy.limits,
  });
  const refusal = await forward(exchange, proxy);
  if (refusal) refuse(refusal, request, response);
}

async function serveUpgrade(proxy: Proxy, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
  socket.on("error", () => socket.destroy());
  proxy.tunnels.add(socket);
  socket.once("close", () => proxy.tunnels.delete(socket));
  const target = requestTarget(request);
  const refusal = target ? await forward(upgrade(proxy, request, socket, head, target), proxy) : "invalid_request";
  if (refusal) socket.end(rawRefusal(refusal, request));
}

function upgrade(proxy: Proxy, request: IncomingMessage, socket: Duplex, head: Buffer, target: RequestTarget) {
  return upgradeExchange(request, socket, head, { ...commonOptions(proxy, request, target), limits: proxy.limits });
}

interface CommonOptions {
  path: string;
  forwarded: Forwarded;
  backend: Exchange["backend"];
}

function commonOptions(
  proxy: Proxy,
  request: IncomingMessage,
  { authority, host, path }: RequestTarget,
): CommonOptions {
  const address = (request.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
  return {
    path,
    forwarded: { for: address, proto: "http", host: authority },
    backend: () => matchRoute(proxy.table, host, path)?.backend,
  };
}

function refuse(code: RefusalCode, request: IncomingMessage, response: ServerResponse): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  const { status, headers, body } = refusalMessage(code, request.headers.accept);
  // What is left of a body is not worth reading: the connection ends with the answer.
  const closing = hasBody(request) && !request.complete ? ["Connection", "close"] : [];
  response.writeHead(status, [...headers, ...closing]);
  response.end(request.method === "HEAD" ? undefined : body);
}

/** What the parser could not take for a request, or what took too long. */
function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  const untouched = socket.writable && (socket as Socket).bytesWritten === 0;
  if (!untouched) return void socket.destroy();
  socket.end(rawRefusal(clientErrors[error.code ?? ""] ?? "invalid_request"));
}
const clientErrors: Record<string, RefusalCode> = {
  HPE_HEADER_OVERFLOW: "headers_too_large",
  ERR_HTTP_REQUEST_TIMEOUT: "request_timeout",
};

function isHealthCheck(proxy: Proxy, { host, path }: RequestTarget): boolean {
  return path === healthPath && !isKnownHost(proxy.table, host);
}

function isChunkedOrPlain({ headers }: IncomingMessage): boolean {
  return (headers["transfer-encoding"] ?? "chunked").toLowerCase() === "chunked";
}

function isWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === "websocket";
}
