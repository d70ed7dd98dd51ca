/** The embedded API server: as much of the Kubernetes API as Octoplane and kubectl need, in one process and one file. */

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Namespace } from "../../api/builtin.ts";
import { expireEvents } from "./event-expiry.ts";
import { startGarbageCollector } from "./garbage.ts";
import { kubeconfigOf } from "./kubeconfig.ts";
import { createObjects, type Objects } from "./objects.ts";
import { createRegistry, type Registry } from "./registry.ts";
import { createResourceHandler } from "./resource-handler.ts";
import { createHttpServer } from "./server.ts";
import { openStore } from "./store.ts";

export interface ApiServerOptions {
  /** Path of the SQLite file, made when it is missing; `:memory:` for one that is forgotten. */
  dataFile: string;
  /** Default: a free one. */
  port?: number;
  /** What clients authenticate with. Default: a new random one. */
  token?: string;
  /** Of the product, for `/version`. */
  version?: string;
}

export interface ApiServer {
  /** `http://127.0.0.1:<port>` */
  url: string;
  token: string;
  /** YAML for kubectl. */
  kubeconfig(): string;
  /** Ends open watches; everything acknowledged is in the file. */
  close(): Promise<void>;
}

/** Rejects when the port is taken or the file is in use by another server. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { dataFile, port = 0, token = randomBytes(24).toString("hex"), version = "0.0.0" } = options;
  const store = openStore(dataFile);
  const registry = createRegistry(store);
  const objects = createObjects(store);
  const server = createHttpServer({ token, version, registry, handleResource: createResourceHandler(store, objects) });
  try {
    createNamespaces(registry, objects);
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  } catch (error) {
    store.close();
    throw error;
  }
  const stopCollecting = startGarbageCollector(store, registry, objects);
  const stopExpiring = expireEvents(store);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url,
    token,
    kubeconfig: () => kubeconfigOf(url, token),
    async close() {
      stopCollecting();
      stopExpiring();
      await closed(server);
      store.close();
    },
  };
}

function createNamespaces(registry: Registry, objects: Objects): void {
  const kind = registry.find(Namespace.group, Namespace.version, Namespace.plural);
  for (const name of ["default", "kube-system"]) {
    try {
      if (kind) objects.create(kind, "", { metadata: { name } });
    } catch {
      // It is there from an earlier start.
    }
  }
}

async function closed(server: Server): Promise<void> {
  const done = once(server, "close");
  server.close();
  server.closeAllConnections();
  await done;
}
