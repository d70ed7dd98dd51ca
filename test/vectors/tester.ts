/** Does to the cluster what the tester of the recording did: makes live what the first request of an event shows. */

import type { KubernetesObject } from "../../api/resource.ts";
import { kindOf } from "./kinds.ts";
import type { Exchange, Groups, Stored, VectorEvent } from "./recording.ts";
import type { World } from "./world.ts";

type Action = () => Promise<unknown>;

/** An event whose request is left out is one more edit of the parent; the hook's answer does the rest. */
export async function bumpParent(world: World): Promise<void> {
  const [parent] = world.objects("Thing") as Stored[];
  if (parent === undefined) throw new Error("there is no parent to bump");
  const spec = parent.spec as { rev?: number };
  const patch = { spec: { ...spec, rev: (spec.rev ?? 0) + 1 } };
  await world.client.mergePatch(kindOf(parent), parent.metadata, patch as Partial<KubernetesObject>);
}

/** Several edits at once happen while the driver is away, so that it never sees them half done. */
export async function applyEvent(world: World, event: VectorEvent): Promise<void> {
  const shown = firstState(event);
  if (shown === undefined) return;
  const others = [...listed(shown.related), ...listed(shown.children)];
  const actions = [
    ...others.flatMap((object) => edits(world, object, event)),
    ...removals(world, shown.parent, shown.children),
    ...parentEdits(world, shown.parent, event),
  ];
  if (actions.length <= 1) {
    await actions[0]?.();
    return;
  }
  await world.stopDriver();
  for (const action of actions) await action();
  await world.startDriver();
}

/** Creates the parent of an exchange. */
export async function createRecorded(world: World, { request }: Exchange): Promise<void> {
  if (request === undefined) throw new Error("the recording leaves this request out");
  await world.client.create(kindOf(request.parent), withoutDriver(world.identities.live(request.parent)));
}

/** The parent of the first exchange, with the objects of the first exchange that shows objects. */
function firstState({ exchanges }: VectorEvent) {
  const first = exchanges[0]?.request;
  if (first === undefined) return undefined;
  const shown = exchanges.find(({ request }) => request?.children !== undefined)?.request;
  return { parent: first.parent, children: shown?.children, related: shown?.related };
}

function listed(groups: Groups | undefined): Stored[] {
  return Object.values(groups ?? {}).flatMap((group) => Object.values(group));
}

function liveOf(world: World, recorded: KubernetesObject): Stored | undefined {
  const { name, namespace } = recorded.metadata;
  const same = ({ metadata }: KubernetesObject) => metadata.name === name && metadata.namespace === namespace;
  return world.objects(recorded.kind).find(same) as Stored | undefined;
}

/** Edits that only raise the generation stand for events that the recording leaves out. */
function parentEdits(world: World, recorded: Stored, event: VectorEvent): Action[] {
  const live = liveOf(world, recorded);
  const deletions = recorded.metadata.deletionTimestamp && !live?.metadata.deletionTimestamp ? 1 : 0;
  const missing = (recorded.metadata.generation ?? 1) - (live?.metadata.generation ?? 0) - deletions - 1;
  const bumps = Array.from({ length: Math.max(0, missing) }, (_, index) => () => {
    const patch = { spec: { bump: index } } as Partial<KubernetesObject>;
    return world.client.mergePatch(kindOf(recorded), recorded.metadata, patch);
  });
  if (live === undefined && bumps.length > 0) {
    const create = edits(world, recorded, event);
    return [...create, ...bumps, () => overwrite(world, withoutDriver(world.identities.live(recorded)))];
  }
  return [...bumps, ...edits(world, recorded, event, bumps.length > 0)];
}

/** What turns the live object into the recorded one. */
function edits(world: World, recorded: Stored, event: VectorEvent, forced = false): Action[] {
  const resource = kindOf(recorded);
  const { client, identities } = world;
  const live = liveOf(world, recorded);
  if (live === undefined) return [() => client.create(resource, withoutDriver(identities.live(recorded)))];

  const wanted = identities.recorded(recorded) as Stored;
  const rebirths = incarnation(wanted) - incarnation(identities.normal(live) as Stored);
  if (rebirths > 0) return Array.from({ length: rebirths }, () => () => rebirth(world, recorded));
  const actual = identities.normal(live) as Stored;
  const target = identities.live(recorded);
  const isDeletion = wanted.metadata.deletionTimestamp !== undefined && actual.metadata.deletionTimestamp === undefined;
  const actions: Action[] = [];
  if (forced || !same(editable(wanted), editable(actual))) {
    const { finalizers } = target.metadata;
    const edited = withoutDriver(target);
    const metadata = { ...edited.metadata, ...(finalizers && { finalizers }) };
    actions.push(() => overwrite(world, { ...edited, metadata }));
  }
  if (!same(wanted.status, actual.status)) {
    actions.push(() => overwrite(world, withoutDriver(target), client.replaceStatus));
  }
  if (isDeletion)
    actions.push(() =>
      client.delete(resource, live.metadata, { propagationPolicy: propagation(event), ignoreNotFound: true }),
    );
  return actions;
}

async function overwrite(world: World, object: Stored, write = world.client.replace): Promise<void> {
  const resource = kindOf(object);
  const { resourceVersion = "" } = (await world.client.get(resource, object.metadata))?.metadata ?? {};
  await write(resource, { ...object, metadata: { ...object.metadata, resourceVersion } } as KubernetesObject);
}

function propagation({ title }: VectorEvent): "Foreground" | "Orphan" | "Background" {
  if (title.includes("Foreground")) return "Foreground";
  return title.includes("Orphan") ? "Orphan" : "Background";
}

function withoutDriver({ metadata, ...object }: Stored): Stored {
  const { uid, resourceVersion, generation, creationTimestamp, managedFields, ...rest } = metadata as unknown as Record<
    string,
    unknown
  >;
  const finalizers = metadata.finalizers?.filter((each) => !each.startsWith("metacontroller.io/"));
  return { ...object, metadata: { ...rest, ...(finalizers && { finalizers }) } } as unknown as Stored;
}

/** `<uid:ConfigMap/a#3>` is the third object of its name. */
export function incarnation({ metadata }: Stored): number {
  return Number(metadata.uid?.match(/#(\d+)>$/)?.[1] ?? 1);
}

async function rebirth({ client, identities }: World, recorded: Stored): Promise<void> {
  await client.delete(kindOf(recorded), recorded.metadata, { ignoreNotFound: true });
  identities.see(await client.create(kindOf(recorded), withoutDriver(identities.live(recorded))));
}

/** All that a user may edit. */
function editable({ metadata, status, ...object }: Stored): unknown {
  const { generation, deletionTimestamp, deletionGracePeriodSeconds, creationTimestamp, uid, ...rest } =
    metadata as unknown as Record<string, unknown>;
  const finalizers = metadata.finalizers?.filter((each) => each !== "foregroundDeletion" && each !== "orphan");
  return { ...object, metadata: { ...rest, finalizers: finalizers?.length ? finalizers : undefined } };
}

/** Children that the first request no longer shows were deleted by somebody. */
function removals(world: World, parent: Stored, children: Groups | undefined): Action[] {
  if (children === undefined) return [];
  const uid = liveOf(world, parent)?.metadata.uid;
  const shown = new Set(
    listed(children).map((object) => `${object.kind} ${object.metadata.namespace} ${object.metadata.name}`),
  );
  const kinds = Object.keys(children).map((group) => group.split(".")[0] ?? "");
  return kinds
    .flatMap((kind) => world.objects(kind))
    .filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid))
    .filter(({ kind, metadata }) => !shown.has(`${kind} ${metadata.namespace} ${metadata.name}`))
    .map((object) => () => world.client.delete(kindOf(object), object.metadata, { ignoreNotFound: true }));
}

export function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
