/** How long pods may go on after they were told to stop. */

import { BuildbarnScheduler } from "../../api/buildbarn/buildbarn-scheduler.ts";
import type { ObjectSet } from "../contract/observed.ts";
import type { StorageClient } from "./kinds.ts";

/** Programs that finish nothing but the requests that they have. */
export const usualGraceSeconds = 30;
/** What a worker needs beside the action itself: storing outputs, telling the scheduler. */
const uploadSeconds = 60;

/** A worker finishes its actions, and the scheduler says how long those may take. */
export function workerGrace(scheduler: BuildbarnScheduler): number {
  return scheduler.spec.maximumExecutionTimeoutSeconds + uploadSeconds;
}

/** The longest that the pods of a client may go on, whichever scheduler they have. */
export function graceOf({ kind, spec }: StorageClient, related: ObjectSet): number {
  if (spec.terminationGracePeriodSeconds !== undefined) return spec.terminationGracePeriodSeconds;
  if (kind !== "BuildbarnWorker") return usualGraceSeconds;
  return Math.max(usualGraceSeconds, ...related.all(BuildbarnScheduler).map(workerGrace));
}
