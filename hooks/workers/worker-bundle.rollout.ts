/** How far the rollout of a bundle's Deployment has come: it serves when nothing older is left. */

import type { Deployment } from "../../api/builtin.ts";
import type { WorkersSettings } from "../../api/workers/settings.ts";
import type { WorkerBundle } from "../../api/workers/worker-bundle.ts";
import { no, type Verdict, yes } from "../contract/conditions.ts";
import { type Rollout, rolloutOf } from "../kube/rollout.ts";

export interface BundleFacts {
  bundle: WorkerBundle;
  stored: Deployment | undefined;
  desired: Deployment;
  settings: WorkersSettings;
  now: string;
}

export function bundleRollout({ bundle, stored, desired, settings, now }: BundleFacts): Rollout {
  const since = bundle.status?.updatingSince;
  const { settleSeconds } = settings;
  const rollout = rolloutOf({ parent: bundle, stored, desired, since, settleSeconds, now });
  return { ...rollout, verdict: verdictOf(rollout, stored) };
}

function verdictOf({ phase, verdict }: Rollout, stored: Deployment | undefined): Verdict {
  if (phase === "Complete") return yes("Serving", "every pod serves it, and nothing older is left");
  if (phase !== "Draining") return verdict;
  const pods = stored?.status?.terminatingReplicas ?? 0;
  return no("Draining", `${pods === 0 ? "" : `${pods} `}old pods finish what they have begun`);
}
