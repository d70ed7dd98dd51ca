/** One sync of one parent: observe, ask the hook, write. The order of steps is Metacontroller's. */

import { apiVersionOf, type KubernetesObject } from "../../api/resource.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { type SyncAnswer, syncAnswer } from "./answer.ts";
import { childWrites, isTerminating, ownerReference } from "./children.ts";
import type { Customize } from "./customize.ts";
import type { Definition, HookTarget } from "./definition.ts";
import { desiredChildren, type ObjectMap } from "./desired.ts";
import type { Discovery } from "./discovery.ts";
import { hasFinalizer, managesChildren, removeFinalizer, syncFinalizer } from "./finalizer.ts";
import { groupKey, type ObjectGroup, requestGroups } from "./keys.ts";
import { loaded, type Observed } from "./observed.ts";
import { childSelector, claimChildren } from "./ownership.ts";
import { matches } from "./selector.ts";
import { writeStatus } from "./status.ts";
import { writeChildren } from "./write.ts";

export interface Reconciler {
  client: KubernetesClient;
  definition: Definition;
  observed: Observed;
  discovery: Discovery;
  customize: Customize | undefined;
  call(hook: HookTarget, request: object): Promise<unknown>;
}

/** Throws when anything went wrong; what had already been written stays, and the next sync goes on from there. */
export async function reconcile(
  self: Reconciler,
  key: string,
  cached: KubernetesObject,
  resyncAfter: (ms: number) => void,
): Promise<void> {
  const { client, definition } = self;
  if (!isSelected(definition, cached) && !hasFinalizer(definition, cached)) return;
  await requireChildKinds(self);
  const parent = await syncFinalizer(client, definition, cached);
  if (parent === undefined) return;

  const selector = childSelector(definition, parent);
  const children = await claimChildren(self, parent, selector);
  const related = (await self.customize?.related(key, parent)) ?? [];
  const answer = await ask(self, parent, children, related);
  if (answer.resyncAfterSeconds > 0) resyncAfter(answer.resyncAfterSeconds * 1000);
  const desired = desiredChildren(definition, parent, answer.children, selector);

  const held = answer.finalized ? await removeFinalizer(client, definition, parent) : parent;
  if (held === undefined) return;
  const failure = managesChildren(definition, held) ? await manageChildren(self, held, children, desired) : undefined;
  await writeStatus(
    client,
    definition,
    { ...held, metadata: { ...held.metadata, ...generationOf(parent) } },
    answer.status,
  );
  if (failure !== undefined) throw failure;
}

function generationOf({ metadata }: KubernetesObject) {
  return metadata.generation === undefined ? {} : { generation: metadata.generation };
}

function isSelected(definition: Definition, parent: KubernetesObject): boolean {
  return matches(definition.parentSelector, parent.metadata.labels);
}

/** Without a kind's CRD its children cannot be observed, and "none observed" would be a lie to the hook. */
async function requireChildKinds({ definition, discovery, observed }: Reconciler): Promise<void> {
  for (const { resource } of definition.children) {
    const apiVersion = apiVersionOf(resource);
    const found = await discovery.find(apiVersion, resource.plural);
    if (found === undefined) throw new Error(`can't find resource ${resource.plural} in apiVersion ${apiVersion}`);
    await loaded(observed.of(resource), resource.plural);
  }
}

async function ask(
  self: Reconciler,
  parent: KubernetesObject,
  children: ObjectMap,
  related: ObjectGroup[],
): Promise<SyncAnswer> {
  const { definition, call } = self;
  const { sync, finalize } = definition.hooks;
  const ending = isTerminating(parent) || !isSelected(definition, parent);
  const hook = ending && finalize !== undefined ? finalize : sync;
  const groups = definition.children.map(({ resource }) => ({
    resource,
    objects: [...(children.get(groupKey(resource))?.values() ?? [])],
  }));
  const request = {
    controller: definition.controller,
    parent,
    children: requestGroups(hook.version, parent, groups),
    related: requestGroups(hook.version, parent, related),
    finalizing: hook === finalize,
  };
  return syncAnswer(hook, await call(hook, request));
}

/** Returns the failure, so that the status is written all the same. */
async function manageChildren(self: Reconciler, parent: KubernetesObject, observed: ObjectMap, desired: ObjectMap) {
  const { client, definition } = self;
  const owner = ownerReference(parent, definition.parent);
  try {
    await writeChildren(client, childWrites(definition.children, observed, desired, owner));
    return undefined;
  } catch (error) {
    return error;
  }
}
