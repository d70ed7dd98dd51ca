/**
 * A Deployment that takes the place of one that somebody deleted. Pods of the former end in their own time and are in no
 * Deployment's count, so that the new one notes since when they are told to.
 */

import type { Deployment } from "../../api/builtin.ts";
import type { Observed } from "../contract/observed.ts";
import type { StorageClient } from "./kinds.ts";
import { marginSeconds, secondsLeft } from "./resharding.clients.ts";

/** On a Deployment: when it was made in place of another. */
const successorAnnotation = "octoplane.io/successor-since";

/** Whether the resource had pods that may still be ending. */
function hadPods({ status }: StorageClient): boolean {
  return status?.storage !== undefined && (!status.storage.settled || (status.replicas ?? 0) > 0);
}

function successorSince({ parent, now }: Observed<StorageClient>, stored: Deployment | undefined): string | undefined {
  if (stored !== undefined) return stored.metadata.annotations?.[successorAnnotation];
  return hadPods(parent) ? now : undefined;
}

/** The Deployment with what is known of a former one. */
export function succeeding(
  desired: Deployment,
  observed: Observed<StorageClient>,
  stored: Deployment | undefined,
): Deployment {
  const since = successorSince(observed, stored);
  if (since === undefined) return desired;
  const annotations = { ...desired.metadata.annotations, [successorAnnotation]: since };
  return { ...desired, metadata: { ...desired.metadata, annotations } };
}

/** Whole seconds until pods of a former Deployment are surely gone; 0 when they are, or when there was none. */
export function formerPodsLeft({ metadata, spec }: Deployment, now: string): number {
  const since = metadata.annotations?.[successorAnnotation];
  const { terminationGracePeriodSeconds: grace = 0 } = spec?.template.spec ?? {};
  return since === undefined ? 0 : secondsLeft(since, grace + marginSeconds, now) || 0;
}
