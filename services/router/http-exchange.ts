/** An ordinary request and its answer, streaming both ways. */

import type { Agent, IncomingMessage, InformationEvent, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { type AttemptHandlers, type AttemptLimits, attempt } from "./attempt.ts";
import type { Endpoint } from "./endpoints.ts";
import { type Exchange, isIdempotent } from "./forward.ts";
import { type Forwarded, hasBody, requestHeaders, responseHeaders } from "./headers.ts";
import { requestBody } from "./request-body.ts";

export interface HttpExchangeOptions {
  /** Absolute path with the query. */
  path: string;
  forwarded: Forwarded;
  backend: Exchange["backend"];
  limits: AttemptLimits & { replayableBytes: number };
}

export function httpExchange(
  request: IncomingMessage,
  response: ServerResponse,
  { path, forwarded, backend, limits }: HttpExchangeOptions,
): Exchange {
  const clientGone = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) clientGone.abort();
  });
  const body = hasBody(request) ? requestBody(request, limits.replayableBytes) : undefined;
  const headers = requestHeaders(request, forwarded);

  const handlers: AttemptHandlers = {
    send(upstream) {
      if (body) return body.sendTo(upstream);
      upstream.end();
      return () => undefined;
    },
    onInformation: (information) => passInformation(information, response),
    onResponse: (answer) => passResponse(answer, response),
  };

  return {
    backend,
    clientGone: clientGone.signal,
    idempotent: isIdempotent(request.method),
    get replayable() {
      return body?.replayable ?? true;
    },
    async attempt({ host, port }: Endpoint, agent: Agent) {
      const options = { host, port, path, method: request.method, headers, agent };
      const outcome = await attempt(options, handlers, limits, clientGone.signal);
      // An answer may come before the request is complete; reading the rest keeps the connection in step.
      if (outcome.type === "answered" && !request.complete) request.resume();
      return outcome;
    },
  };
}

/** 100 is between the router and each side; Node can send the two others that are in use. */
function passInformation({ statusCode, headers }: InformationEvent, response: ServerResponse): void {
  const isLate = response.headersSent || response.destroyed;
  if (isLate || response.writableLength > unreadInformation) return;
  if (statusCode === 102) response.writeProcessing();
  const link = links(headers.link);
  if (statusCode === 103 && link.length > 0) response.writeEarlyHints({ link });
}

/** Bytes that a client may leave unread before hints are dropped: an endpoint can send them without end. */
const unreadInformation = 64 * 1024;

/** The links of a `Link` field that Node can write, one each; the others are hints that nobody needs. */
function links(field: string | string[] | undefined): string[] {
  return [field ?? []]
    .flat()
    .flatMap((value) => value.split(/,\s*(?=<)/))
    .filter((link) => writableLink.test(link));
}

/** Stricter than Node's own pattern, which throws where it does not match and takes quadratic time to find out. */
const writableLink = /^<[^>]*>(?:\s*;\s*[\w-]+(?:="[^;"\s]*"|=[^;"\s=]*)?)*$/;

async function passResponse(answer: IncomingMessage, response: ServerResponse): Promise<void> {
  response.sendDate = false;
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage, responseHeaders(answer.rawHeaders));
  // Together with the first bytes of the body where these are here already, and not held back where they are not.
  setImmediate(() => response.writableEnded || response.destroyed || response.flushHeaders());
  // An answer that breaks off closes the client's connection: it must not look complete.
  await pipeline(answer, response).catch(() => undefined);
}
