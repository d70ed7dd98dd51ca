/** Every answer that the router gives by itself: one table, so that codes stay stable. */

import type { IncomingMessage } from "node:http";

interface Refusal {
  status: number;
  message: string;
  /** Seconds; only where asking again soon may help. */
  retryAfter?: number;
}

export const refusals = {
  invalid_request: { status: 400, message: "The request is not valid HTTP/1.1." },
  no_route: { status: 404, message: "Nothing is served at this address." },
  request_timeout: { status: 408, message: "The request did not arrive in time." },
  headers_too_large: { status: 431, message: "The request's header fields are too large." },
  unsupported_encoding: { status: 501, message: "The only transfer encoding understood is chunked." },
  endpoint_unreachable: { status: 502, message: "The application does not accept connections." },
  endpoint_closed: { status: 502, message: "The application closed the connection before it answered." },
  invalid_answer: { status: 502, message: "The application's answer is not valid HTTP." },
  no_endpoint: { status: 503, message: "The application is not running at the moment.", retryAfter: 1 },
  overloaded: { status: 503, message: "Too many requests wait for this application.", retryAfter: 1 },
  endpoint_timeout: { status: 504, message: "The application did not answer in time." },
} as const satisfies Record<string, Refusal>;

export type RefusalCode = keyof typeof refusals;

export interface RefusalMessage {
  status: number;
  /** Names and values in turn. */
  headers: string[];
  body: string;
}

/** JSON for clients that ask for it, a line of text for everybody else. */
export function refusalMessage(code: RefusalCode, accept: string | undefined): RefusalMessage {
  const refusal: Refusal = refusals[code];
  const json = accept?.includes("application/json") ?? false;
  const { status, message } = refusal;
  const body = json ? `${JSON.stringify({ error: { code, message } })}\n` : `${status} ${code}: ${message}\n`;
  const headers = [
    ...["Content-Type", json ? "application/json" : "text/plain; charset=utf-8"],
    ...["Content-Length", String(Buffer.byteLength(body))],
    ...["Cache-Control", "no-store"],
    ...(refusal.retryAfter === undefined ? [] : ["Retry-After", String(refusal.retryAfter)]),
  ];
  return { status, headers, body };
}

/** The same as bytes, for connections that are no HTTP exchange (any more). */
export function rawRefusal(code: RefusalCode, request?: IncomingMessage): string {
  const { status, headers, body } = refusalMessage(code, request?.headers.accept);
  const fields = [...headers, "Connection", "close"];
  return `${rawHead(status, code, fields)}${body}`;
}

/** Status line and header fields, with the empty line that ends them. */
export function rawHead(status: number, reason: string, headers: readonly string[]): string {
  const lines = [`HTTP/1.1 ${status} ${reason}`];
  for (let i = 0; i < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}
