/**
 * Children that do not appear. When something else holds a child's name, Metacontroller stays silent: the create is
 * refused and forgotten. So the kit remembers in the status since when a child is asked for, and says so in Ready.
 */

import type { KubernetesObject } from "../../api/resource.ts";
import type { PendingChild } from "../../api/status.ts";
import { no, type Verdict } from "./conditions.ts";
import type { Observed } from "./observed.ts";
import { inOrder } from "./order.ts";

/** Creating a child and seeing it takes milliseconds; this is long enough for a slow cache. */
const patienceSeconds = 20;
export const missingChildResyncSeconds = 30;

type Parent = KubernetesObject & { status?: { pendingChildren?: PendingChild[] } };

export function pendingChildren(observed: Observed<Parent>, desired: readonly KubernetesObject[]): PendingChild[] {
  const before = observed.parent.status?.pendingChildren ?? [];
  return desired
    .filter((child) => observed.children.find(child) === undefined)
    .map(({ kind, metadata: { name } }) => {
      const known = before.find((child) => child.kind === kind && child.name === name);
      return { kind, name, since: known?.since ?? observed.now };
    })
    .sort((a, b) => inOrder(`${a.kind}/${a.name}`, `${b.kind}/${b.name}`));
}

function isOverdue(child: PendingChild, now: string): boolean {
  return Date.parse(now) - Date.parse(child.since) >= patienceSeconds * 1000;
}

/** The verdict for Ready while a child stays missing; undefined while there is nothing to complain about. */
export function childMissing(pending: readonly PendingChild[], now: string): Verdict | undefined {
  const overdue = pending.filter((child) => isOverdue(child, now));
  if (overdue.length === 0) return undefined;
  const names = overdue.map(({ kind, name }) => `${kind} ${name}`).join(", ");
  return no(
    "ChildMissing",
    `${names} was asked for and is not there: another object of that name may exist; delete or rename it`,
  );
}
