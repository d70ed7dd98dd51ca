/** What is not ready, each cause once: an owner that only repeats what one of its own says is told with it. */

import type { KubernetesObject } from "../../api/resource.ts";
import type { Condition } from "../../api/status.ts";

export type Driven = KubernetesObject & { status?: { conditions?: Condition[]; report?: string; job?: string } };

export interface ObjectName {
  kind: string;
  namespace: string;
  name: string;
}

export interface Waiting extends ObjectName {
  reason: string;
  message: string;
  /** The owners that wait for nothing else, the nearest first. */
  affects: ObjectName[];
  /** Full text of a failed build, where the command can read it. */
  report?: string;
  /** What keeps its pods from running. */
  causes?: string[];
}

export function readiness({ status }: Pick<Driven, "status">): Condition | undefined {
  return status?.conditions?.find(({ type }) => type === "Ready");
}

export function nameOfObject({ kind, metadata }: KubernetesObject): ObjectName {
  return { kind, namespace: metadata.namespace ?? "", name: metadata.name };
}

/** In the order of the objects; an owner stands before what it owns. */
export function waitingObjects(objects: readonly Driven[]): { object: Driven; waiting: Waiting }[] {
  const unready = objects.filter((object) => readiness(object)?.status !== "True");
  const repeaters = new Map(unready.map((object) => [object, cause(object, unready)]));
  return unready
    .filter((object) => repeaters.get(object) === undefined)
    .map((object) => ({ object, waiting: waitingOf(object, ownersOf(object, repeaters)) }));
}

function waitingOf(object: Driven, affects: ObjectName[]): Waiting {
  const { reason = "NotSeen", message = "no hook has looked at it yet" } = readiness(object) ?? {};
  return { ...nameOfObject(object), reason, message, affects };
}

/** The object of its own whose words it repeats. */
function cause(owner: Driven, unready: readonly Driven[]): Driven | undefined {
  return unready.find((object) => isOwnedBy(object, owner) && repeats(owner, object));
}

function isOwnedBy({ metadata }: Driven, owner: Driven): boolean {
  return metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid) ?? false;
}

function repeats(owner: Driven, owned: Driven): boolean {
  const [said, original] = [readiness(owner), readiness(owned)];
  return said !== undefined && original !== undefined && said.message.includes(original.message);
}

/** Upwards from the object, as long as each owner repeats the one below. */
function ownersOf(object: Driven, repeaters: ReadonlyMap<Driven, Driven | undefined>): ObjectName[] {
  const owner = [...repeaters].find(([, repeated]) => repeated === object)?.[0];
  return owner === undefined ? [] : [nameOfObject(owner), ...ownersOf(owner, repeaters)];
}
