/** What hooks write down on a workload, as JSON in an annotation. */

import type { Workload } from "../kube/rollout.ts";

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** The note of that name; undefined where there is none, or where somebody wrote something else over it. */
export function noteOf<T extends object>(
  workload: Workload | undefined,
  annotation: string,
  isNote: (value: Partial<Record<keyof T, unknown>>) => boolean,
): T | undefined {
  const note = parsed(workload?.metadata.annotations?.[annotation] ?? "");
  return isObject(note) && isNote(note as Partial<Record<keyof T, unknown>>) ? (note as T) : undefined;
}
