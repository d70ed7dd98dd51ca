/** Starts the hook server. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { composites, type Settings } from "../hooks/composites.ts";
import { hookApp } from "./app.ts";
import { createLog, type Log } from "./log.ts";
import { createMetrics } from "./metrics.ts";

export interface HookServerOptions {
  settings: Settings;
  /** Default 0: any free one. */
  port?: number;
  /** Default 127.0.0.1. */
  host?: string;
  token?: string;
  log?: Log;
}

export interface HookServer {
  url: string;
  close(): Promise<void>;
}

/** Metacontroller keeps idle connections for 90 s; a server that closes them earlier makes calls fail now and then. */
const keepAliveMilliseconds = 120_000;

export async function startHookServer(options: HookServerOptions): Promise<HookServer> {
  const app = hookApp({
    composites,
    settings: options.settings,
    log: options.log ?? createLog("hooks"),
    metrics: createMetrics(),
    ...(options.token === undefined ? {} : { token: options.token }),
  });
  const host = options.host ?? "127.0.0.1";
  const server = createServer(
    { keepAliveTimeout: keepAliveMilliseconds, headersTimeout: keepAliveMilliseconds + 5000 },
    app,
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(options.port ?? 0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}
