/** The Workers API: Cloudflare's v4 API as far as wrangler needs it, in front of resources and a blob store. */

import { createServer } from "node:http";
import { Secret } from "../../api/builtin.ts";
import { tokenLabel } from "../../api/workers/token.ts";
import { WorkerAccount } from "../../api/workers/worker-account.ts";
import { adminServer } from "../../installation/admin-server.ts";
import { closeServer, listen } from "../../installation/http-server.ts";
import { cache } from "../../kubernetes/cache.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import type { BlobStore } from "../../stores/blob.ts";
import { accountsOf } from "./accounts.ts";
import { workersApp } from "./app.ts";
import { tokensOf } from "./auth.ts";
import type { Log, Platform } from "./call.ts";
import { createLimits, type LimitNumbers } from "./limits.ts";
import { createMetrics } from "./metrics.ts";
import { scriptWatches } from "./script-watches.ts";
import { timedStore } from "./timed-store.ts";

export interface WorkersApiOptions {
  client: KubernetesClient;
  blobStore: BlobStore;
  /** 0 takes a free one. */
  port: number;
  /** Default 127.0.0.1. */
  host?: string;
  /** Domain below which hosts lie: `<script>.<subdomain>.<domain>`. */
  domain: string;
  urlScheme: "http" | "https";
  /** Port in the URLs of scripts. Default: the scheme's own. */
  urlPort?: number | undefined;
  /** Health and metrics; none when left out. */
  adminPort?: number;
  /** Longest time that a deploy waits until it serves, in milliseconds. Default 45,000. */
  holdMs?: number;
  /** How long a service that was asked to stop lets deploys go on waiting, in milliseconds. Default 0. */
  drainMs?: number;
  /** Longest time for one blob, in milliseconds. Default 60,000. */
  blobTimeoutMs?: number;
  /** What may be under way at once; see `defaultLimits`. */
  limits?: Partial<LimitNumbers>;
  log?: Log;
  /** The clock, for tests. */
  now?: () => Date;
}

export interface WorkersApi {
  /** Of the server; wrangler's `CLOUDFLARE_API_BASE_URL` is this with `/client/v4`. */
  url: string;
  adminUrl: string | undefined;
  close(): Promise<void>;
}

const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
/** For the whole of an upload over a slow line. */
const requestTimeoutMs = 300_000;
/** For what runs on when the service stops and nobody waits any more. */
const graceMs = 10_000;

/** Resolves when accounts and tokens are known and the port is open. Rejects when the port cannot be had. */
export async function startWorkersApi(options: WorkersApiOptions): Promise<WorkersApi> {
  const { client, host = "127.0.0.1", log = silent } = options;
  const onError = (error: unknown) => log.warn({ error }, "watching the Kubernetes API failed");
  const accountCache = cache(client, WorkerAccount, { onError });
  const tokenSecrets = cache(client, Secret, { labelSelector: `${tokenLabel}=true`, onError });
  const closing = new AbortController();
  const stopping = new AbortController();

  const accounts = accountsOf(accountCache);
  const platform: Platform = {
    client,
    blobs: timedStore(options.blobStore, options.blobTimeoutMs ?? 60_000),
    accounts,
    watches: scriptWatches(client, onError),
    limits: createLimits(options.limits),
    addresses: {
      domain: options.domain,
      urlScheme: options.urlScheme,
      ...(options.urlPort === undefined ? {} : { urlPort: options.urlPort }),
    },
    holdMs: options.holdMs ?? 45_000,
    closing: closing.signal,
    stopping: stopping.signal,
    now: options.now ?? (() => new Date()),
    log,
  };
  const metrics = createMetrics();
  const server = createServer(
    { requestTimeout: requestTimeoutMs },
    workersApp(platform, tokensOf(tokenSecrets, accounts), metrics),
  );
  let isReady = false;
  const admin = options.adminPort === undefined ? undefined : adminServer(metrics.registry, () => isReady);

  async function close(): Promise<void> {
    const { drainMs = 0 } = options;
    isReady = false;
    closing.abort();
    const drained = setTimeout(() => stopping.abort(), drainMs);
    await closeServer(server, drainMs + graceMs);
    clearTimeout(drained);
    stopping.abort();
    if (admin) await closeServer(admin);
    accountCache.close();
    tokenSecrets.close();
  }

  try {
    const adminUrl = admin && (await listen(admin, options.adminPort ?? 0, host));
    await Promise.all([accountCache.ready, tokenSecrets.ready]);
    isReady = true;
    const url = await listen(server, options.port, host);
    log.info({ url }, "the Workers API is listening");
    return { url, adminUrl, close };
  } catch (error) {
    await close();
    throw error;
  }
}
