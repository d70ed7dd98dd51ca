/** Starts the hook server. */

import { createServer, type Server } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import { composites, type Settings } from "../hooks/composites.ts";
import { adminServer } from "../installation/admin-server.ts";
import { closeServer, listen } from "../installation/http-server.ts";
import { hookApp } from "./app.ts";
import { type CredentialFiles, type Credentials, watchCredentials } from "./credentials.ts";
import { createLog, type Log } from "./log.ts";
import { createMetrics } from "./metrics.ts";

export interface HookServerOptions extends CredentialFiles {
  settings: Settings;
  /** Default 0: any free one. */
  port?: number;
  /** Default 127.0.0.1. */
  host?: string;
  /** Health and metrics; none when left out. */
  adminPort?: number;
  /** Milliseconds between two looks at the files of the credentials. Default 5,000. */
  credentialsIntervalMs?: number;
  log?: Log;
}

export interface HookServer {
  url: string;
  adminUrl: string | undefined;
  close(): Promise<void>;
}

/** Metacontroller keeps idle connections for 90 s; a server that closes them earlier makes calls fail now and then. */
const keepAliveMilliseconds = 120_000;
const connections = { keepAliveTimeout: keepAliveMilliseconds, headersTimeout: keepAliveMilliseconds + 5000 };
/** As long as a caller waits for an answer. */
const graceMs = 10_000;

/** Resolves when it listens, which it does as soon as certificate and token are there. */
export async function startHookServer(options: HookServerOptions): Promise<HookServer> {
  const { settings, host = "127.0.0.1", log = createLog("hooks") } = options;
  const metrics = createMetrics();
  let server: Server | TlsServer | undefined;
  const watch = watchCredentials(options, {
    log,
    onChange: ({ tls }) => server !== undefined && "setSecureContext" in server && server.setSecureContext(tls ?? {}),
    intervalMs: options.credentialsIntervalMs,
  });
  const admin =
    options.adminPort === undefined ? undefined : adminServer(metrics.registry, () => server?.listening ?? false);

  async function close(): Promise<void> {
    watch.close();
    await Promise.all([server && closeServer(server, graceMs), admin && closeServer(admin)]);
  }

  try {
    const adminUrl = admin && (await listen(admin, options.adminPort ?? 0, host));
    const app = hookApp({ composites, settings, log, metrics, token: () => watch.current().token });
    server = serverFor(await watch.first, app);
    const url = await listen(server, options.port ?? 0, host);
    return { url, adminUrl, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function serverFor({ tls }: Credentials, app: ReturnType<typeof hookApp>): Server | TlsServer {
  return tls === undefined ? createServer(connections, app) : createTlsServer({ ...connections, ...tls }, app);
}
