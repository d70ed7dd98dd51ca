/** The host router: a controller for Ingresses of one class, and the HTTP proxy that follows them. */

import { EndpointSlice, Ingress, Service } from "../../api/builtin.ts";
import { adminServer } from "../../installation/admin-server.ts";
import { closeServer, listen, portOf } from "../../installation/http-server.ts";
import { type Cache, cache } from "../../kubernetes/cache.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { type PublishedAddress, publishAddress } from "./ingress-status.ts";
import { defaultLimits, type RouterLimits } from "./limits.ts";
import { routerMetrics } from "./metrics.ts";
import { type ProxyServer, proxyServer } from "./proxy-server.ts";
import { isOfClass, routeTable } from "./route-table.ts";

export interface RouterOptions {
  client: KubernetesClient;
  /** 0 takes a free one. */
  port: number;
  /** Default 127.0.0.1. */
  host?: string;
  /** Default `octoplane`. */
  ingressClass?: string;
  /** Whose Ingresses may have rules without a host. Default: nobody's. */
  platformNamespace?: string;
  /** Health and metrics; none when left out. */
  adminPort?: number;
  /** What the status of Ingresses says. Default: where the router listens; nothing when that is every address. */
  published?: PublishedAddress;
  limits?: Partial<RouterLimits>;
  /** How long requests that run may go on when the router is closed, in milliseconds. Default 0. */
  drainMs?: number;
  log?: RouterLog;
}

export interface RouterLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface Router {
  url: string;
  adminUrl: string | undefined;
  close(): Promise<void>;
}

const silent: RouterLog = { info: () => undefined, warn: () => undefined };

/** Resolves when the routes are known and the ports are open. Rejects when a port cannot be had. */
export async function startRouter(options: RouterOptions): Promise<Router> {
  const { client, host = "127.0.0.1", ingressClass = "octoplane", platformNamespace, log = silent } = options;
  const metrics = routerMetrics();
  const proxy = proxyServer({ ...defaultLimits, ...options.limits }, metrics);
  const observed = observe(client, log);
  const admin = options.adminPort === undefined ? undefined : adminServer(metrics.registry, observed.isReady);

  async function close(): Promise<void> {
    await drain(proxy, options.drainMs ?? 0);
    observed.close();
    await (admin && closeServer(admin));
  }

  try {
    const adminUrl = admin && (await listen(admin, options.adminPort ?? 0, host));
    await observed.ready;
    observed.onChange(() => proxy.useTable(routeTable(observed.snapshot(), ingressClass, platformNamespace)));
    const url = await listen(proxy.server, options.port, host);
    const published = options.published ?? ownAddress(host, portOf(proxy.server));
    observed.onIngress((ingress) => {
      if (published === undefined || !isOfClass(ingress, ingressClass)) return;
      publishAddress(client, ingress, published).catch((error: unknown) => {
        log.warn(
          { err: error, ingress: ingress.metadata.name, namespace: ingress.metadata.namespace },
          "status not written",
        );
      });
    });
    log.info({ url, ingressClass }, "router is listening");
    return { url, adminUrl, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Answers what runs, for a while; then ends all connections, those of WebSockets included. */
async function drain(proxy: ProxyServer, drainMs: number): Promise<void> {
  const cut = setTimeout(() => void proxy.close(), drainMs);
  await closeServer(proxy.server, drainMs);
  clearTimeout(cut);
  await proxy.close();
}

/** In a pod the router listens on every address, and none of them is the one that clients use. */
function ownAddress(host: string, port: number): PublishedAddress | undefined {
  return ["0.0.0.0", "::"].includes(host) ? undefined : { ip: host, port };
}

/** The three kinds that routes are made of. Changes that arrive together are told once. */
function observe(client: KubernetesClient, log: RouterLog) {
  const options = { onError: (error: unknown) => log.warn({ err: error }, "watching the Kubernetes API failed") };
  const ingresses = cache(client, Ingress, options);
  const services = cache(client, Service, options);
  const endpointSlices = cache(client, EndpointSlice, options);
  const all: Pick<Cache<unknown>, "ready" | "onChange" | "close">[] = [ingresses, services, endpointSlices];
  let loaded = false;
  const ready = Promise.all(all.map((each) => each.ready)).then(() => {
    loaded = true;
  });

  return {
    ready,
    isReady: () => loaded,
    snapshot: () => ({
      ingresses: ingresses.list(),
      services: services.list(),
      endpointSlices: endpointSlices.list(),
    }),
    /** Tells at once what is here, then every change. */
    onChange(listener: () => void): void {
      let scheduled = false;
      const run = () => {
        scheduled = false;
        listener();
      };
      for (const each of all) {
        each.onChange(() => {
          if (!scheduled) setImmediate(run);
          scheduled = true;
        });
      }
      run();
    },
    onIngress(listener: (ingress: Ingress) => void): void {
      ingresses.onChange((type, ingress) => type !== "DELETED" && listener(ingress));
      ingresses.list().forEach(listener);
    },
    close: () => {
      for (const each of all) each.close();
    },
  };
}
