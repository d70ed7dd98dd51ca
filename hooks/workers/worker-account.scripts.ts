/** Which scripts of an account take part: one WorkerDeployment each, with clear rules for those that collide. */

import { maxScripts, type ResolvedVersion } from "../../api/workers/fields.ts";
import type { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { isTerminating } from "../contract/observed.ts";
import { byAge } from "../kube/object.ts";

export interface Script {
  name: string;
  /** The version that should serve, as its WorkerDeployment resolved it. */
  head: ResolvedVersion;
  /** Whether it has a host of its own. */
  isPublic: boolean;
}

export interface Refusal {
  name: string;
  reason: "DuplicateScript" | "PrefixCollision" | "TooManyScripts";
  message: string;
}

export interface Claims {
  /** Sorted by name. */
  scripts: Script[];
  refused: Refusal[];
}

function scriptOf(deployment: WorkerDeployment): Script | undefined {
  const head = deployment.status?.serving?.[0];
  if (head === undefined) return undefined;
  return { name: head.script, head, isPublic: deployment.spec.workersDev ?? true };
}

function refusal(script: Script, accepted: readonly Script[]): Refusal | undefined {
  const { name, head } = script;
  if (accepted.some((other) => other.name === name)) {
    return {
      name,
      reason: "DuplicateScript",
      message: `another WorkerDeployment, an older one, already has script ${name}`,
    };
  }
  const sharing = accepted.find((other) => other.head.envPrefix === head.envPrefix);
  if (sharing !== undefined) {
    const message = `scripts ${sharing.name} and ${name} would share the environment prefix ${head.envPrefix}; rename the younger`;
    return { name, reason: "PrefixCollision", message };
  }
  if (accepted.length >= maxScripts) {
    return {
      name,
      reason: "TooManyScripts",
      message: `an account holds at most ${maxScripts} scripts: one image layer each`,
    };
  }
  return undefined;
}

/** The oldest WorkerDeployment has the better right, so that a new one can never push out what serves. */
export function claimScripts(deployments: readonly WorkerDeployment[]): Claims {
  const scripts: Script[] = [];
  const refused: Refusal[] = [];
  for (const deployment of [...deployments].sort(byAge)) {
    const script = isTerminating(deployment) ? undefined : scriptOf(deployment);
    if (script === undefined) continue;
    const reason = refusal(script, scripts);
    if (reason === undefined) scripts.push(script);
    else refused.push(reason);
  }
  return { scripts: scripts.sort((a, b) => (a.name < b.name ? -1 : 1)), refused };
}
