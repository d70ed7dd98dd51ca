/** Health and metrics on a port of their own, out of reach for a program's clients. */

import { createServer, type Server } from "node:http";
import type { Registry } from "prom-client";

interface Answer {
  status: number;
  type: string;
  body: string;
}

/** `/healthz`: the process answers. `/readyz`: it can do its work. `/metrics`: Prometheus. */
export function adminServer(registry: Registry, isReady: () => boolean): Server {
  const pages = new Map<string, () => Answer | Promise<Answer>>([
    ["/healthz", () => text(200, "ok")],
    ["/readyz", () => (isReady() ? text(200, "ok") : text(503, "starting"))],
    ["/metrics", async () => ({ status: 200, type: registry.contentType, body: await registry.metrics() })],
  ]);
  return createServer(async (request, response) => {
    const page = pages.get((request.url ?? "").split("?", 1)[0] ?? "");
    const { status, type, body } = page ? await answerOf(page) : text(404, "not found");
    response.writeHead(status, { "Content-Type": type }).end(body);
  });
}

/** A metric that cannot be collected is no reason to end the program. */
async function answerOf(page: () => Answer | Promise<Answer>): Promise<Answer> {
  try {
    return await page();
  } catch (error) {
    return text(500, error instanceof Error ? error.message : String(error));
  }
}

function text(status: number, line: string): Answer {
  return { status, type: "text/plain; charset=utf-8", body: `${line}\n` };
}
