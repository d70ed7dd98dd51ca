/** Which scripts of an account take part: one WorkerDeployment each, with clear rules for those that collide. */

import { maxScripts, type ResolvedVersion } from "../../api/workers/fields.ts";
import type { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { speaksOfSpec } from "../contract/conditions.ts";
import { isTerminating } from "../contract/observed.ts";
import { inOrder } from "../contract/order.ts";
import { byAge } from "../kube/object.ts";

export interface Script {
  name: string;
  /** The version that should serve, as its WorkerDeployment resolved it. */
  head: ResolvedVersion;
  /** Id of the deployment that asked for the head; undefined while the WorkerDeployment has resolved an older one only. */
  deployment: string | undefined;
  /** Whether it has a host of its own. */
  isPublic: boolean;
}

export interface Refusal {
  name: string;
  reason: "DuplicateScript" | "TooManyScripts";
  message: string;
}

export interface Claims {
  /** Sorted by name. */
  scripts: Script[];
  refused: Refusal[];
}

/** What a WorkerDeployment claims for its script, from its first day: before there is any version to serve. */
interface Claim {
  name: string;
  script: Script | undefined;
}

function claimOf(asked: WorkerDeployment): Claim | undefined {
  const { spec, status } = asked;
  const head = status?.serving?.[0];
  const name = head?.script ?? spec.template?.scriptName ?? spec.scriptName;
  if (name === undefined) return undefined;
  if (head === undefined) return { name, script: undefined };
  const deployment = speaksOfSpec(asked) ? spec.deployments?.[0]?.id : undefined;
  return { name, script: { name, head, deployment, isPublic: spec.workersDev ?? true } };
}

function refusal({ name }: Claim, accepted: readonly Claim[]): Refusal | undefined {
  if (accepted.some((other) => other.name === name)) {
    return {
      name,
      reason: "DuplicateScript",
      message: `another WorkerDeployment, an older one, already has script ${name}`,
    };
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
  const accepted: Claim[] = [];
  const refused: Refusal[] = [];
  for (const deployment of deployments.filter((one) => !isTerminating(one)).sort(byAge)) {
    const claim = claimOf(deployment);
    if (claim === undefined) continue;
    const reason = refusal(claim, accepted);
    if (reason === undefined) accepted.push(claim);
    else refused.push(reason);
  }
  const scripts = accepted.map(({ script }) => script).filter((script) => script !== undefined);
  return { scripts: scripts.sort((a, b) => inOrder(a.name, b.name)), refused };
}
