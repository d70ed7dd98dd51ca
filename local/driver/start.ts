/**
 * A driver for CompositeControllers: what Metacontroller 4.17 does with them under dynamic-apply, over the plain
 * Kubernetes API. It is for machines without a cluster and for tests; production uses Metacontroller itself.
 *
 * It differs where the real one would crash or spin: such hook answers and controllers are refused with a
 * `SyncError` or `CreateError` event and nothing is written.
 */

import type { KubernetesObject, Resource } from "../../api/resource.ts";
import { cache } from "../../kubernetes/cache.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { CompositeController, type ConnectionSettings } from "./composite-controller.ts";
import { openConnection } from "./connection.ts";
import { type Controller, startController } from "./controller.ts";
import { type Definition, define, type HookTarget } from "./definition.ts";
import { discovery } from "./discovery.ts";
import { type EventRecorder, eventRecorder } from "./events.ts";
import { deepEqual, messageOf } from "./json.ts";
import type { Log } from "./log.ts";
import { loaded, observed } from "./observed.ts";
import { type Queue, queue } from "./queue.ts";

export interface DriverOptions {
  client: KubernetesClient;
  hooks?: {
    /** Where to send the calls of a webhook: maps the URL of a cluster's Service to a local one. Default: as given.
     * The certificate must still be that of the URL. */
    locate?(url: string): string;
  };
  /** Parents synced at the same time, per controller. Default 10. */
  workers?: number;
  /** For Events and Retry-After dates. */
  now?: () => Date;
  /** Default: silent. */
  log?: Log;
}

export interface Driver {
  /** Resolves when nothing runs any more. */
  close(): Promise<void>;
}

interface Running {
  spec: CompositeController["spec"];
  controller: Controller;
}

const CustomResourceDefinition: Resource = {
  group: "apiextensions.k8s.io",
  version: "v1",
  kind: "CustomResourceDefinition",
  plural: "customresourcedefinitions",
  namespaced: false,
};

/** Resolves when the CompositeControllers that exist are known; they start right after. */
export async function startDriver(options: DriverOptions): Promise<Driver> {
  const { client, log = () => undefined, now = () => new Date(), workers = 10 } = options;
  const onError = (error: unknown) => log("warn", "cannot watch controllers", { err: error });
  const controllers = cache(client, CompositeController, { onError });
  const definitions = cache(client, CustomResourceDefinition, { onError });
  const kinds = discovery(client);
  const caches = observed(client, log);
  const events = eventRecorder({ client, log, now });
  const running = new Map<string, Running>();
  const lifecycle: Queue = queue({ workers: 8, process: (name) => reconcileController(name) });

  async function reconcileController(name: string): Promise<void> {
    const wanted = controllers.get(undefined, name);
    const current = running.get(name);
    if (deepEqual(wanted?.spec, current?.spec)) return;
    await stop(name, current, events);
    if (wanted === undefined) return lifecycle.forget(name);
    try {
      const connection = (settings: ConnectionSettings) => openConnection(client, settings);
      const definition = located(await define(wanted, kinds, connection), options.hooks?.locate);
      await Promise.all(resourcesOf(definition).map((resource) => loaded(caches.of(resource), resource.plural)));
      const controller = startController({
        client,
        definition,
        discovery: kinds,
        observed: caches,
        events,
        workers,
        now,
        log,
      });
      running.set(name, { spec: wanted.spec, controller });
      lifecycle.forget(name);
      events.record(wanted, "Normal", "Started", `Started controller: ${name}`);
    } catch (error) {
      const message = `Cannot create new controller: ${messageOf(error)}`;
      log("error", `${name}: ${message}`);
      events.record(wanted, "Warning", "CreateError", message);
      lifecycle.retry(name);
    }
  }

  async function stop(name: string, current: Running | undefined, recorder: EventRecorder): Promise<void> {
    if (current === undefined) return;
    running.delete(name);
    await current.controller.close();
    const gone = controllers.get(undefined, name);
    if (gone !== undefined) recorder.record(gone, "Normal", "Stopped", `Stopped controller: ${name}`);
  }

  async function stopAll(): Promise<void> {
    await Promise.all([...running.values()].map(({ controller }) => controller.close()));
  }

  controllers.onChange((_type, { metadata }) => lifecycle.add(metadata.name));
  definitions.onChange(() => {
    kinds.forget();
    for (const { metadata } of controllers.list()) lifecycle.add(metadata.name);
  });
  await controllers.ready;

  return {
    async close() {
      controllers.close();
      definitions.close();
      const ended = lifecycle.close();
      await stopAll();
      caches.close(); // whoever still waits for a first list gives up
      await ended;
      await stopAll();
      await events.close();
    },
  };
}

function resourcesOf(definition: Definition): Resource<KubernetesObject>[] {
  return [definition.parent, ...definition.children.map(({ resource }) => resource)];
}

function located(definition: Definition, locate: ((url: string) => string) | undefined): Definition {
  if (locate === undefined) return definition;
  const moved = <T extends HookTarget | undefined>(hook: T): T => (hook && { ...hook, at: locate(hook.url) }) as T;
  const { sync, finalize, customize } = definition.hooks;
  return { ...definition, hooks: { sync: moved(sync), finalize: moved(finalize), customize: moved(customize) } };
}
