/**
 * Children that do not appear. When something else holds a child's name, Metacontroller stays silent: the create is
 * refused and forgotten. What the API server refuses for another reason (a quota, an invalid field) is an event of the
 * parent and nothing else. So the kit remembers in the status since when a child is asked for, and says so in Ready.
 */

import type { KubernetesObject } from "../../api/resource.ts";
import type { PendingChild } from "../../api/status.ts";
import { conditionOf, no, unknown, type Verdict, verdictOf, type WithConditions } from "./conditions.ts";
import { describeCommand } from "./describe.ts";
import type { Observed } from "./observed.ts";
import { inOrder } from "./order.ts";
import { isOverdue, patienceLeft } from "./patience.ts";

const childMissingReason = "ChildMissing";
/** Nothing says that the name of a missing child is free again, so it is looked for. */
const retrySeconds = 30;

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

/** The verdict for Ready while a child stays missing; undefined while there is nothing to complain about. */
export function childMissing(
  parent: KubernetesObject,
  pending: readonly PendingChild[],
  now: string,
): Verdict | undefined {
  const overdue = pending.filter(({ since }) => isOverdue(since, now));
  if (overdue.length === 0) return undefined;
  const names = overdue.map((child) => `${child.kind} ${child.name}`).join(", ");
  const events = describeCommand(parent, `${parent.kind.toLowerCase()} ${parent.metadata.name}`);
  return no(
    childMissingReason,
    `${names} was asked for and is not there: another object has that name, or the API server refuses it (a quota, an invalid field); events tell: ${events}`,
  );
}

/**
 * Passes a child's condition on as one's own verdict. What keeps the child from getting anywhere it says in Ready only,
 * and that is why nothing is known of the condition.
 */
export function passedOn(child: WithConditions | undefined, type: string, otherwise: Verdict): Verdict {
  const ready = conditionOf(child, "Ready");
  if (ready?.reason === childMissingReason) return unknown(ready.reason, ready.message);
  return verdictOf(conditionOf(child, type), otherwise);
}

/** Whole seconds after which missing children are looked at again: when they are overdue, and then now and again. */
export function pendingResync(pending: readonly PendingChild[], now: string): number | undefined {
  if (pending.length === 0) return undefined;
  return Math.min(...pending.map(({ since }) => patienceLeft(since, now) || retrySeconds));
}
