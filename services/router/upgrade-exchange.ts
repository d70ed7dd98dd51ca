/** A request that leaves HTTP/1.1 (WebSocket and its like): once the endpoint agrees, bytes flow both ways. */

import type { Agent, IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type AttemptLimits, attempt } from "./attempt.ts";
import type { Endpoint } from "./endpoints.ts";
import type { Exchange } from "./forward.ts";
import { type Forwarded, responseHeaders, upgradeHeaders } from "./headers.ts";
import { rawHead } from "./refusal.ts";

export interface UpgradeExchangeOptions {
  path: string;
  forwarded: Forwarded;
  backend: Exchange["backend"];
  limits: AttemptLimits;
}

/** @param head What the client sent behind its request. */
export function upgradeExchange(
  request: IncomingMessage,
  client: Duplex,
  head: Buffer,
  { path, forwarded, backend, limits }: UpgradeExchangeOptions,
): Exchange {
  const clientGone = new AbortController();
  client.once("close", () => clientGone.abort());
  const headers = upgradeHeaders(request, forwarded);

  return {
    backend,
    clientGone: clientGone.signal,
    idempotent: true,
    replayable: true,
    // A connection of its own: it never returns to a pool.
    attempt: ({ host, port }: Endpoint, _agent: Agent) =>
      attempt(
        { host, port, path, method: request.method, headers, agent: false },
        {
          send(upstream) {
            upstream.end();
            return () => undefined;
          },
          onUpgrade: (answer, upstream, first) => tunnel(client, head, answer, upstream, first),
          onResponse: (answer) => refuseUpgrade(client, answer),
        },
        limits,
        clientGone.signal,
      ),
  };
}

async function tunnel(client: Duplex, head: Buffer, answer: IncomingMessage, upstream: Duplex, first: Buffer) {
  client.write(rawHead(101, answer.statusMessage ?? "Switching Protocols", switching(answer)), "latin1");
  client.write(first);
  upstream.write(head);
  await Promise.all([pass(client, upstream), pass(upstream, client)]);
}

/** One direction; a broken one ends both sides, a finished one only itself. */
function pass(from: Duplex, to: Duplex): Promise<void> {
  return pipeline(from, to).catch(() => {
    from.destroy();
    to.destroy();
  });
}

function switching(answer: IncomingMessage): string[] {
  return [...responseHeaders(answer.rawHeaders), "Connection", "Upgrade", "Upgrade", answer.headers.upgrade ?? ""];
}

/** The endpoint answers like any other: passed on, and the connection ends with it. */
async function refuseUpgrade(client: Duplex, answer: IncomingMessage): Promise<void> {
  const headers = [...responseHeaders(answer.rawHeaders), "Connection", "close"];
  client.write(rawHead(answer.statusCode ?? 502, answer.statusMessage ?? "", headers), "latin1");
  await pipeline(answer, client).catch(() => undefined);
}
