/**
 * Conditions: what a hook says about its object. A hook gives verdicts; the kit turns them into conditions and keeps
 * `lastTransitionTime` unless the status flips, since a time that changes with every sync would never come to rest.
 */

import type { KubernetesObject } from "../../api/resource.ts";
import type { Condition } from "../../api/status.ts";
import { inOrder } from "./order.ts";

export interface Verdict {
  status: "True" | "False" | "Unknown";
  reason: string;
  message: string;
}

export type Verdicts = Record<string, Verdict>;

const longestMessage = 4096;

function verdict(status: Verdict["status"], reason: string, message: string): Verdict {
  return {
    status,
    reason,
    message: message.length > longestMessage ? `${message.slice(0, longestMessage)} ...` : message,
  };
}

export const yes = (reason: string, message: string): Verdict => verdict("True", reason, message);
export const no = (reason: string, message: string): Verdict => verdict("False", reason, message);
export const unknown = (reason: string, message: string): Verdict => verdict("Unknown", reason, message);

export type WithConditions = KubernetesObject & { status?: { observedGeneration?: number; conditions?: Condition[] } };

/** Of an object's spec, as the server counts it; 1 where no server has seen it yet. */
export function generationOf({ metadata }: KubernetesObject): number {
  return metadata.generation ?? 1;
}

/** Whether the status is about the object's present spec, and not about an older one. */
export function speaksOfSpec({ metadata, status }: WithConditions): boolean {
  return status?.observedGeneration === metadata.generation;
}

export function conditionOf(object: WithConditions | undefined, type: string): Condition | undefined {
  return object?.status?.conditions?.find((condition) => condition.type === type);
}

/** Passes another object's condition on as one's own verdict. */
export function verdictOf(condition: Condition | undefined, otherwise: Verdict): Verdict {
  if (condition === undefined) return otherwise;
  return verdict(condition.status, condition.reason, condition.message);
}

/** The conditions to store, sorted by type with Ready first. */
export function conditions(parent: WithConditions, verdicts: Verdicts, now: string): Condition[] {
  const rank = (type: string) => (type === "Ready" ? "" : type);

  return Object.entries(verdicts)
    .sort(([a], [b]) => inOrder(rank(a), rank(b)))
    .map(([type, { status, reason, message }]) => {
      const before = conditionOf(parent, type);
      return {
        type,
        status,
        reason,
        message,
        lastTransitionTime: before?.status === status ? before.lastTransitionTime : now,
        observedGeneration: generationOf(parent),
      };
    });
}
