/** HTTP: who may ask, what the path means, and how errors are answered. */

import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { readBody } from "./body.ts";
import type { Answer } from "./call.ts";
import { apiGroup, coreVersions, groupList, resourceList, versionInfo } from "./discovery.ts";
import { openApiDocument, openApiIndex, openApiV2, openApiV2Protobuf } from "./openapi.ts";
import type { Registry } from "./registry.ts";
import type { ResourceHandler } from "./resource-handler.ts";
import { routeOf } from "./route.ts";
import { ApiError, methodNotAllowed, pathNotFound, unauthorized } from "./status.ts";

export interface ServerOptions {
  readonly token: string;
  /** What `/version` says about the product. */
  readonly version: string;
  readonly registry: Registry;
  readonly handleResource: ResourceHandler;
}

const healthPaths = ["/healthz", "/livez", "/readyz"];

/** Paths that need no token. */
const publicPaths = [...healthPaths, "/version"];

export function createHttpServer(options: ServerOptions): Server {
  const server = createServer((request, response) => {
    handle(request, response, options).catch((error: unknown) => refuse(request, response, error));
  });
  // Go clients keep idle connections for 90 s; who closes first must be the client.
  server.keepAliveTimeout = 120_000;
  return server;
}

async function handle(request: IncomingMessage, response: ServerResponse, options: ServerOptions): Promise<void> {
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  const path = url.pathname.replace(/(.)\/$/, "$1");
  if (!publicPaths.includes(path) && !isAuthorized(request.headers.authorization, options.token)) throw unauthorized();
  const plain = plainAt(path);
  if (plain !== undefined) {
    response.writeHead(200, { "content-type": plain.type }).end(plain.content);
    return;
  }
  const document = documentAt(path, request.headers.host ?? "", options);
  if (document !== undefined) {
    if (request.method !== "GET") throw methodNotAllowed();
    return send(response, { code: 200, body: document });
  }

  const route = routeOf(path);
  const kind = route && options.registry.find(route.group, route.version, route.plural);
  if (!route || !kind) throw pathNotFound();
  const body = await readBody(request);
  const { method = "GET", headers } = request;
  const call = { method, kind, route, query: url.searchParams, accept: headers.accept, body };
  const answer = options.handleResource(call, response);
  if (answer) send(response, answer);
}

/** What is no JSON. */
function plainAt(path: string): { type: string; content: string | Buffer } | undefined {
  if (healthPaths.includes(path)) return { type: "text/plain", content: "ok" };
  return path === "/openapi/v2" ? { type: openApiV2Protobuf, content: openApiV2() } : undefined;
}

/** Discovery and OpenAPI. */
function documentAt(path: string, host: string, { registry, version }: ServerOptions): object | undefined {
  const [root = "", first, second, ...rest] = path.slice(1).split("/");
  if (path === "/version") return versionInfo(version);
  if (path === "/api") return coreVersions(host);
  if (path === "/apis") return groupList(registry.all());
  if (path === "/openapi/v3") return openApiIndex(registry.all());
  if (root === "openapi" && first === "v3") {
    return openApiDocument(registry.all(), [second, ...rest].join("/"));
  }
  if (root === "api" && first !== undefined && second === undefined) return resourceList(registry.all(), "", first);
  if (root !== "apis" || first === undefined || rest.length > 0) return undefined;
  return second === undefined ? apiGroup(registry.all(), first) : resourceList(registry.all(), first, second);
}

/** `Bearer <token>`, or the token as a password: the way to send one without TLS that kubectl knows. */
function isAuthorized(header: string | undefined, token: string): boolean {
  const [scheme = "", credentials = ""] = (header ?? "").split(" ");
  if (scheme.toLowerCase() === "bearer") return isSame(credentials, token);
  const password = Buffer.from(credentials, "base64")
    .toString()
    .replace(/^[^:]*:/, "");
  return scheme.toLowerCase() === "basic" && isSame(password, token);
}

/** Takes the same time for every wrong token. */
function isSame(given: string, token: string): boolean {
  const [left, right] = [given, token].map((text) => createHash("sha256").update(text).digest());
  return left !== undefined && right !== undefined && timingSafeEqual(left, right);
}

function send(response: ServerResponse, { code, body, warnings = [] }: Answer): void {
  const text = JSON.stringify(body);
  if (warnings.length > 0) response.setHeader("warning", warnings.map(warningHeader));
  response.writeHead(code, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}

function warningHeader(warning: string): string {
  const ascii = warning.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 1000);
  return `299 - ${JSON.stringify(ascii)}`;
}

function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { status } = error instanceof ApiError ? error : internalError(error);
  // A body that was not read to its end would be taken for the next request.
  if (!request.complete) response.setHeader("connection", "close");
  send(response, { code: status.code, body: status });
}

function internalError(error: unknown): ApiError {
  const message = error instanceof Error ? error.message : String(error);
  return new ApiError(500, "InternalError", `Internal error occurred: ${message}`);
}
