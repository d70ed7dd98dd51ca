/** One running CompositeController: what wakes its parents, and the queue that syncs them. */

import type { KubernetesObject } from "../../api/resource.ts";
import type { ChangeType } from "../../kubernetes/cache.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { customize } from "./customize.ts";
import type { Definition, HookTarget } from "./definition.ts";
import { uidLabel } from "./desired.ts";
import type { Discovery } from "./discovery.ts";
import type { EventRecorder } from "./events.ts";
import { deepEqual, describe, messageOf } from "./json.ts";
import { idOf, objectId } from "./keys.ts";
import type { Log } from "./log.ts";
import { controllerOf, type Observed, type OwnedCache } from "./observed.ts";
import { childSelector } from "./ownership.ts";
import { type Queue, queue } from "./queue.ts";
import { type Reconciler, reconcile } from "./reconcile.ts";
import { matches } from "./selector.ts";
import { callWebhook, HookBusy } from "./webhook.ts";

export interface ControllerOptions {
  client: KubernetesClient;
  definition: Definition;
  discovery: Discovery;
  observed: Observed;
  events: EventRecorder;
  /** How many parents are synced at the same time. */
  workers: number;
  now: () => Date;
  log: Log;
}

export interface Controller {
  /** Resolves when the last sync has ended. */
  close(): Promise<void>;
}

export function startController(options: ControllerOptions): Controller {
  const { definition, observed } = options;
  const closing = new AbortController();
  const call = (hook: HookTarget, request: object) =>
    callWebhook(hook, request, { signal: closing.signal, now: options.now });

  const parents = observed.of(definition.parent);
  const { customize: hook } = definition.hooks;
  const related =
    hook &&
    customize({
      ...options,
      hook,
      call: (target, parent) => call(target, { controller: definition.controller, parent }),
      onAffected: (key) => work.add(key),
    });
  const reconciler: Reconciler = { ...options, customize: related, call };
  const work: Queue = queue({ workers: options.workers, process: (key) => syncOne(key) });

  async function syncOne(key: string): Promise<void> {
    const parent = parentOf(parents, key);
    if (parent === undefined) {
      related?.forget(key);
      work.forget(key);
      return;
    }
    try {
      await reconcile(reconciler, key, parent, (ms) => work.addAfter(key, ms));
      work.forget(key);
    } catch (error) {
      if (!closing.signal.aborted) failed(options, work, key, parent, error);
    }
  }

  const stops = [watchParents(definition, parents, work), ...watchChildren(definition, observed, parents, work)];
  if (definition.resyncPeriodMs !== undefined) stops.push(resyncAll(parents, work, definition.resyncPeriodMs));

  return {
    async close() {
      for (const stop of stops) stop();
      related?.close();
      closing.abort();
      await work.close();
    },
  };
}

type Stop = () => void;

function parentOf(parents: OwnedCache, key: string): KubernetesObject | undefined {
  const [name = "", namespace] = key.split("/").reverse();
  return parents.get(namespace, name);
}

function failed(options: ControllerOptions, work: Queue, key: string, parent: KubernetesObject, error: unknown) {
  const { events, log } = options;
  if (error instanceof HookBusy) {
    work.addAfter(key, error.retryAfterMs);
    if (error.warning !== undefined) events.record(parent, "Warning", "RetryAfterUnusable", error.warning);
    return;
  }
  const message = `Sync error: ${describe(parent)}: ${messageOf(error)}`;
  log("warn", message, { err: error });
  events.record(parent, "Warning", "SyncError", message);
  work.retry(key);
}

function watchParents(definition: Definition, parents: OwnedCache, work: Queue): Stop {
  const unsubscribe = parents.onChange((_type, parent, old) => {
    if (definition.ignoreStatusChanges && old !== undefined && !hasChanged(parent, old)) return;
    work.add(idOf(parent));
  });
  for (const parent of parents.list()) work.add(idOf(parent));
  return unsubscribe;
}

/** Whether more than the status changed, as far as `ignoreStatusChanges` looks. */
function hasChanged({ metadata }: KubernetesObject, { metadata: old }: KubernetesObject): boolean {
  return (
    metadata.uid !== old.uid ||
    metadata.generation !== old.generation ||
    metadata.deletionTimestamp !== old.deletionTimestamp ||
    !deepEqual(metadata.labels, old.labels) ||
    !deepEqual(metadata.annotations, old.annotations)
  );
}

function watchChildren(definition: Definition, observed: Observed, parents: OwnedCache, work: Queue): Stop[] {
  return definition.children.map(({ resource }) =>
    observed.of(resource).onChange((type, child, old) => {
      const keys = new Set(
        [old, child].flatMap((object) => (object ? interested(definition, parents, type, object) : [])),
      );
      for (const key of keys) work.add(key);
    }),
  );
}

/** The owner; of an orphan the parents that would adopt it. */
function interested(definition: Definition, parents: OwnedCache, type: ChangeType, child: KubernetesObject): string[] {
  const { namespace, labels } = child.metadata;
  const owner = controllerOf(child);
  if (owner !== undefined) {
    const key = objectId(definition.parent.namespaced ? namespace : undefined, owner.name);
    return parentOf(parents, key)?.metadata.uid === owner.uid ? [key] : [];
  }
  if (type === "DELETED" || (definition.generateSelector && labels?.[uidLabel] === undefined)) return [];
  const candidates = parents.list(definition.parent.namespaced ? namespace : undefined);
  return candidates.filter((parent) => wouldAdopt(definition, parent, child)).map(idOf);
}

function wouldAdopt(definition: Definition, parent: KubernetesObject, orphan: KubernetesObject): boolean {
  try {
    return matches(childSelector(definition, parent), orphan.metadata.labels);
  } catch {
    return false; // its own sync reports the broken selector
  }
}

function resyncAll(parents: OwnedCache, work: Queue, periodMs: number): Stop {
  const timer = setInterval(() => {
    for (const parent of parents.list()) work.add(idOf(parent));
  }, periodMs);
  return () => clearInterval(timer);
}
