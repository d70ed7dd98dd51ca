/** The world of a recording: a local API server, the driver under test, and a hook server that the test answers for. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Event, Namespace } from "../../api/builtin.ts";
import type { KubernetesObject, Resource } from "../../api/resource.ts";
import { type Cache, cache } from "../../kubernetes/cache.ts";
import { connect, type KubernetesClient } from "../../kubernetes/client.ts";
import { startApiServer } from "../../local/apiserver/start.ts";
import { type Driver, startDriver } from "../../local/driver/start.ts";
import { type Identities, type IdentityOptions, identities } from "./identity.ts";
import { Cluster, CustomResourceDefinition, controllerDefinition, definitionOf, Kid, kinds, Thing } from "./kinds.ts";
import type { HookRequest, HookResponse, RecordedWrite } from "./recording.ts";
import { recordingClient } from "./recording-client.ts";

export interface HookCall {
  hook: string;
  request: HookRequest;
  at: number;
}

export interface World {
  client: KubernetesClient;
  identities: Identities;
  /** What the driver wrote, in order. */
  writes: RecordedWrite[];
  events: Cache<Event>;
  /** Live objects of the kinds that exist. */
  objects(kind: string): KubernetesObject[];
  watchKind(resource: Resource): Promise<void>;
  /** Answers hook calls. */
  answer: (call: HookCall) => HookResponse | Promise<HookResponse>;
  /** `performance.now()` of the last call, write or change. */
  lastActivity: () => number;
  startDriver(): Promise<void>;
  stopDriver(): Promise<void>;
  close(): Promise<void>;
}

export async function startWorld(options: IdentityOptions & { withoutKids: boolean }): Promise<World> {
  const server = await startApiServer({ dataFile: ":memory:" });
  const client = connect({ url: server.url, token: server.token });
  const known = identities(options);
  const writes: RecordedWrite[] = [];
  const caches = new Map<string, Cache<KubernetesObject>>();
  let driver: Driver | undefined;
  let last = performance.now();
  const touch = () => {
    last = performance.now();
  };

  const hooks = createServer(async (request, response) => {
    touch();
    let text = "";
    for await (const chunk of request) text += chunk;
    const call = { hook: request.url?.slice(1) ?? "", request: JSON.parse(text), at: performance.now() };
    const { status, headers, body } = await world.answer(call);
    touch();
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => hooks.listen(0, "127.0.0.1", resolve));
  const hookUrl = `http://127.0.0.1:${(hooks.address() as AddressInfo).port}`;

  const world: World = {
    client,
    identities: known,
    writes,
    events: cache(client, Event),
    objects: (kind) => caches.get(kind)?.list() ?? [],
    async watchKind(resource) {
      const cached = cache(client, resource);
      cached.onChange((_type, object) => {
        known.see(object);
        touch();
      });
      caches.set(resource.kind, cached);
      await cached.ready;
    },
    answer: () => ({ status: 500, body: "no event is being replayed" }),
    lastActivity: () => last,
    async startDriver() {
      const recording = recordingClient(client, writes, touch);
      driver = await startDriver({ client: recording, hooks: { locate: (url) => hookUrl + new URL(url).pathname } });
    },
    async stopDriver() {
      await driver?.close();
      driver = undefined;
    },
    async close() {
      await world.stopDriver();
      world.events.close();
      for (const cached of caches.values()) cached.close();
      hooks.close();
      hooks.closeAllConnections();
      await server.close();
    },
  };

  await prepare(client, options.withoutKids);
  const absent = options.withoutKids ? ["Kid"] : [];
  await Promise.all(
    Object.values(kinds)
      .filter(({ kind }) => !absent.includes(kind))
      .map(world.watchKind),
  );
  return world;
}

async function prepare(client: KubernetesClient, withoutKids: boolean): Promise<void> {
  const definitions = [controllerDefinition, ...[Thing, Cluster, ...(withoutKids ? [] : [Kid])].map(definitionOf)];
  for (const definition of definitions) await client.create(CustomResourceDefinition, definition);
  for (const [name, labels] of [
    ["demo", {}],
    ["demo-other", { team: "vectors" }],
  ] as const) {
    await client.create(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });
  }
}
