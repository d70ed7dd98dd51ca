/** The API over HTTP: authenticates, finds the handler, wraps every answer and every error in an envelope. */

import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from "express";
import type { Tokens } from "./auth.ts";
import type { Platform } from "./call.ts";
import { asApiError, failureBody, type RawAnswer, successBody } from "./envelope.ts";
import { apiError } from "./errors.ts";
import type { Metrics } from "./metrics.ts";
import { refusals } from "./refusals.ts";
import { basePath, type Route, routes } from "./routes.ts";

export function workersApp(platform: Platform, tokens: Tokens, metrics: Metrics): Express {
  const app = express();
  app.set("etag", false).set("query parser", false).disable("x-powered-by");
  app.use((request, response, next) => {
    observe(platform, metrics, request, response);
    next();
  });
  for (const route of routes) {
    app[methodOf(route)](`${basePath}${route.path}`, handler(route, platform, tokens));
  }
  for (const refusal of refusals) app.all(`${basePath}${refusal.path}`, handler(refusal, platform, tokens));
  app.use(({ method, path, headers }) => {
    tokens.authenticate(headers);
    throw apiError("noRoute", { method, path: path.slice(0, 200) });
  });
  app.use(failures(platform));
  return app;
}

function methodOf({ method }: Route) {
  return method.toLowerCase() as Lowercase<Route["method"]>;
}

function handler({ handle, path }: Pick<Route, "handle" | "path">, platform: Platform, tokens: Tokens): RequestHandler {
  return async (request: Request, response: Response) => {
    response.locals.route = path;
    const principal = tokens.authenticate(request.headers);
    response.locals.token = principal.name;
    const gone = new AbortController();
    response.once("close", () => gone.abort());

    const answer = await handle({
      platform,
      principal,
      request,
      query: new URLSearchParams(request.url.split("?", 2)[1] ?? ""),
      params: request.params as Record<string, string>,
      gone: gone.signal,
    });
    if ("body" in answer) await stream(answer, response);
    else send(platform, response, 200, successBody(answer));
  };
}

/** The first bytes come before the head of the answer, so that a store that is away is still an error like others. */
async function stream({ headers, body }: RawAnswer, response: Response): Promise<void> {
  const chunks = body[Symbol.asyncIterator]();
  const first = await chunks.next();
  response.set(headers);
  if (!first.done) response.write(first.value);
  await pipeline(Readable.from({ [Symbol.asyncIterator]: () => chunks }), response);
}

/** Never a stack, never HTML; what nobody foresaw goes to the log in full. */
function failures(platform: Platform): ErrorRequestHandler {
  // Express knows a handler of errors by its four parameters.
  return (error: unknown, request, response, _next) => {
    const known = asApiError(error);
    response.locals.error = known.error;
    const { method, path } = request;
    if (known.status >= 500) platform.log.error({ error, method, path }, "a request failed");
    if (response.headersSent || response.destroyed) return void response.destroy();
    if (known.retryAfter !== undefined) response.set("Retry-After", `${known.retryAfter}`);
    if (!request.complete) {
      // The client still sends a body that nobody wants: it is let run dry, and the connection is not used again.
      response.set("Connection", "close");
      request.resume();
    }
    send(platform, response, known.status, failureBody(known));
  };
}

function send({ closing }: Platform, response: Response, status: number, body: object): void {
  if (closing.aborted) response.set("Connection", "close");
  response.status(status).json(body);
}

/** One line and one count per answer: no bodies, no tokens, no query. */
function observe({ log }: Platform, metrics: Metrics, request: Request, response: Response): void {
  const started = performance.now();
  const { method, path } = request;
  metrics.begun();
  response.once("close", () => {
    const milliseconds = Math.round(performance.now() - started);
    const { route = "none", token, error } = response.locals;
    const status = response.writableFinished ? response.statusCode : 499;
    metrics.answered({ method, route, status }, milliseconds / 1000);
    log.info({ method, path: path.slice(0, 500), status, milliseconds, token, error }, "answered");
  });
}
