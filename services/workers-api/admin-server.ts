/** Health and metrics on a port of their own, out of reach for the API's clients. */

import { createServer, type Server } from "node:http";
import express from "express";
import type { Registry } from "prom-client";

/** `/healthz`: the process answers. `/readyz`: accounts and tokens are known. `/metrics`: Prometheus. */
export function adminServer(registry: Registry, isReady: () => boolean): Server {
  const app = express().disable("x-powered-by");
  app.get("/healthz", (_request, response) => void response.type("text").send("ok"));
  app.get("/readyz", (_request, response) => {
    response
      .status(isReady() ? 200 : 503)
      .type("text")
      .send(isReady() ? "ok" : "starting");
  });
  app.get("/metrics", async (_request, response) => {
    response.type(registry.contentType).send(await registry.metrics());
  });
  return createServer(app);
}
