/** Header fields on their way through: raw lists (name, value, name, ...), so that case, order and repeats survive. */

import type { IncomingMessage } from "node:http";

/** Meant for one connection only (RFC 9110, 7.6.1), together with whatever `Connection` names. */
const hopByHop = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * What a client must not be able to claim: the router alone says who asked, and for what. Workers are used to read
 * `CF-Connecting-IP`, so it is set and not only removed.
 */
const claimed = /^(forwarded|x-forwarded-.*|x-real-ip|cf-connecting-ip|true-client-ip)$/;

/** `Connection` may not take these away: the message would change its meaning. */
const essential = new Set(["host", "content-length"]);

export interface Forwarded {
  /** The client's address. */
  for: string;
  proto: "http" | "https";
  /** `Host` as the client sent it. */
  host: string;
}

/** The fields for the application. `Expect` is answered by the router, the framing is told anew. */
export function requestHeaders(request: IncomingMessage, forwarded: Forwarded): string[] {
  const kept = withoutHopByHop(request.rawHeaders).filter(
    ([name]) => !claimed.test(name) && name !== "expect" && name !== "host",
  );
  return [
    ...["Host", forwarded.host],
    ...kept.flatMap(([, field, value]) => [field, value]),
    ...["CF-Connecting-IP", forwarded.for],
    ...["X-Forwarded-For", forwarded.for],
    ...["X-Forwarded-Proto", forwarded.proto],
    ...["X-Forwarded-Host", forwarded.host],
    ...framing(request),
  ];
}

/** The same for a request that wants to leave HTTP/1.1 (WebSocket): the upgrade itself is passed on. */
export function upgradeHeaders(request: IncomingMessage, forwarded: Forwarded): string[] {
  return [...requestHeaders(request, forwarded), "Connection", "Upgrade", "Upgrade", request.headers.upgrade ?? ""];
}

export function responseHeaders(rawHeaders: readonly string[]): string[] {
  return withoutHopByHop(rawHeaders).flatMap(([, field, value]) => [field, value]);
}

export function hasBody(request: IncomingMessage): boolean {
  return request.headers["transfer-encoding"] !== undefined || Number(request.headers["content-length"] ?? 0) > 0;
}

/** Node would announce a chunked body for a POST that has none. */
function framing(request: IncomingMessage): string[] {
  if (request.headers["transfer-encoding"] !== undefined) return ["Transfer-Encoding", "chunked"];
  const announcesLength = request.headers["content-length"] !== undefined;
  return announcesLength || bodiless.has(request.method ?? "") ? [] : ["Content-Length", "0"];
}
const bodiless = new Set(["GET", "HEAD", "DELETE", "OPTIONS", "TRACE"]);

type Field = [lowerCaseName: string, name: string, value: string];

function withoutHopByHop(rawHeaders: readonly string[]): Field[] {
  const all = fields(rawHeaders);
  const named = all
    .filter(([name]) => name === "connection")
    .flatMap(([, , value]) => value.toLowerCase().split(","))
    .map((each) => each.trim())
    .filter((each) => !essential.has(each));
  const dropped = new Set([...hopByHop, ...named]);
  return all.filter(([name]) => !dropped.has(name));
}

function fields(rawHeaders: readonly string[]): Field[] {
  const all: Field[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? "";
    all.push([name.toLowerCase(), name, rawHeaders[i + 1] ?? ""]);
  }
  return all;
}
