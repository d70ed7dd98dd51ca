/** HTTP exchanges with an API server: keep-alive, time-outs, retries that are always safe. */

import http, { type IncomingMessage } from "node:http";
import https, { type RequestOptions } from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import { type ConnectOptions, type Endpoint, locate } from "./endpoint.ts";
import { errorFromBody, KubernetesError } from "./error.ts";

export interface CallOptions {
  /** Ends the call; it then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** For one attempt, from the connection to the last byte. Default 30 s. */
  timeoutMs?: number | undefined;
}

export interface Exchange extends CallOptions {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Absolute path with the query. */
  path: string;
  body?: unknown;
  /** Default `application/json`. */
  contentType?: string;
}

export interface Transport {
  /** The parsed body of a 2xx answer. Throws `KubernetesError` for anything else. */
  call<T>(exchange: Exchange): Promise<T>;
  /** The lines of a long answer as they arrive; ends when the server ends it. */
  lines(exchange: Exchange): AsyncGenerator<string, void, undefined>;
}

const defaultTimeoutMs = 30_000;
/** API servers shed load with 429 and Retry-After and did nothing then, so that asking again is always safe. */
const retriesWhenShedding = 5;
const longestShedSeconds = 10;

export function transport(options: ConnectOptions): Transport {
  const send = sender(options);

  async function call<T>(exchange: Exchange, retries = retriesWhenShedding): Promise<T> {
    const limit = timeLimit(exchange);
    const response = await send(exchange, limit);
    const body = await text(response, exchange, limit);
    if (succeeded(response)) return (body === "" ? undefined : JSON.parse(body)) as T;
    const wait = shedSeconds(response);
    if (wait === undefined || retries === 0) throw errorFromBody(response.statusCode ?? 0, body);
    await pause(wait * 1000, exchange.signal);
    return call(exchange, retries - 1);
  }

  async function* lines(exchange: Exchange): AsyncGenerator<string, void, undefined> {
    const limit = timeLimit(exchange);
    const response = await send(exchange, limit);
    if (!succeeded(response)) throw errorFromBody(response.statusCode ?? 0, await text(response, exchange, limit));
    try {
      yield* splitLines(response);
    } catch (error) {
      throw explain(error, exchange, limit);
    } finally {
      response.destroy();
    }
  }

  return { call, lines };
}

type Send = (exchange: Exchange, limit: Limit) => Promise<IncomingMessage>;

function sender(options: ConnectOptions): Send {
  let located: Promise<Endpoint> | undefined;
  const agents = { "http:": keepAlive(http.Agent), "https:": keepAlive(https.Agent) };

  return async (exchange, limit) => {
    located ??= locate(options).catch((error) => {
      located = undefined; // a kubeconfig that is not there yet may come
      throw error;
    });
    const endpoint = await located;
    const secure = endpoint.server.protocol === "https:";
    const credentials = await endpoint.credentials();
    const request: RequestOptions = {
      agent: agents[secure ? "https:" : "http:"],
      ...credentials,
      ...address(endpoint.server, exchange.path),
      method: exchange.method,
      signal: limit.signal,
    };
    const body = exchange.body === undefined ? undefined : JSON.stringify(exchange.body);
    request.headers = { ...credentials.headers, ...headers(exchange, body) };
    try {
      return await start(secure ? https : http, request, body);
    } catch (error) {
      throw explain(error, exchange, limit);
    }
  };
}

/** API servers close idle connections after 90 s; a write that meets one being closed cannot simply go again. */
const longestIdleMs = 30_000;

/** Enough sockets that long watches never hold up a short request. */
function keepAlive<T>(Agent: new (options: http.AgentOptions) => T): T {
  return new Agent({ keepAlive: true, maxSockets: 256, maxFreeSockets: 32, timeout: longestIdleMs });
}

function address(server: URL, path: string) {
  const host = server.hostname.replace(/^\[|\]$/g, "");
  const port = server.port || (server.protocol === "https:" ? 443 : 80);
  return { host, port, path: server.pathname.replace(/\/$/, "") + path };
}

function headers(exchange: Exchange, body: string | undefined): http.OutgoingHttpHeaders {
  const accept = { accept: "application/json", "user-agent": "octoplane" };
  if (body === undefined) return accept;
  const type = exchange.contentType ?? "application/json";
  return { ...accept, "content-type": type, "content-length": Buffer.byteLength(body) };
}

/** Resolves when the head of the answer is here. A read that met a connection just closed by the server goes again. */
function start(library: typeof http | typeof https, options: RequestOptions, body?: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = library.request(options, resolve);
    request.on("error", (error: NodeJS.ErrnoException) => {
      const stale = request.reusedSocket && error.code === "ECONNRESET" && options.method === "GET";
      if (stale) start(library, options, body).then(resolve, reject);
      else reject(error);
    });
    request.end(body);
  });
}

interface Limit {
  signal: AbortSignal;
  timeoutMs: number;
  expired(): boolean;
}

function timeLimit(exchange: Exchange): Limit {
  const timeoutMs = exchange.timeoutMs ?? defaultTimeoutMs;
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = exchange.signal === undefined ? timeout : AbortSignal.any([exchange.signal, timeout]);
  return { signal, timeoutMs, expired: () => timeout.aborted };
}

async function text(response: IncomingMessage, exchange: Exchange, limit: Limit): Promise<string> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    return Buffer.concat(chunks).toString("utf8");
  } catch (error) {
    throw explain(error, exchange, limit);
  }
}

async function* splitLines(response: IncomingMessage): AsyncGenerator<string, void, undefined> {
  response.setEncoding("utf8");
  let rest = "";
  for await (const chunk of response) {
    const pieces = (rest + chunk).split("\n");
    rest = pieces.pop() ?? "";
    yield* pieces.filter((piece) => piece !== "");
  }
  if (rest !== "") yield rest;
}

function succeeded(response: IncomingMessage): boolean {
  const status = response.statusCode ?? 0;
  return status >= 200 && status < 300;
}

function shedSeconds(response: IncomingMessage): number | undefined {
  if (response.statusCode !== 429) return undefined;
  const seconds = Number(response.headers["retry-after"]);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, longestShedSeconds) : undefined;
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
  signal?.throwIfAborted();
}

/** Turns a failure without an answer into an error that says which request failed and why. */
function explain(error: unknown, exchange: Exchange, limit: Limit): unknown {
  if (exchange.signal?.aborted) return exchange.signal.reason;
  const what = `${exchange.method} ${exchange.path}`;
  if (limit.expired()) {
    return new KubernetesError(0, "Timeout", `${what}: no answer within ${limit.timeoutMs} ms`, {}, error);
  }
  const why = error instanceof Error ? error.message || error.name : String(error);
  return new KubernetesError(0, "Unreachable", `${what}: ${why}`, {}, error);
}
