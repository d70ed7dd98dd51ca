/** What a new version is made from. Whoever changes a script meanwhile makes it stale: then it is made again. */

import { setTimeout as delay } from "node:timers/promises";
import type { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { WorkerVersion } from "../../api/workers/worker-version.ts";
import { namespaceOf } from "./accounts.ts";
import type { ScriptCall } from "./call.ts";
import { apiError } from "./errors.ts";
import { historyOf } from "./versions.ts";

export interface Base {
  /** Name of the version whose bindings were taken over; undefined for the first. */
  newest: string | undefined;
  /** Whether it must still be the one that serves, because its code was taken over, too. */
  mustServe: boolean;
}

/** Says that a version was made from what is no longer the newest: it must not be deployed. */
class StaleBase extends Error {}

/** @throws StaleBase when `version` was made from another state of the script than `script` is in */
export async function assertBase(
  call: ScriptCall,
  script: WorkerDeployment,
  { newest, mustServe }: Base,
  version: WorkerVersion,
): Promise<void> {
  const served = script.spec.deployments?.[0]?.versions[0]?.name;
  const isRepeated = version.metadata.name === newest;
  const without = isRepeated ? undefined : version.metadata.name;
  const isNewest = (await historyOf(call, script, without)).base?.metadata.name === newest;
  if (isNewest && (!mustServe || served === newest)) return;
  if (!isRepeated) await discard(call, version);
  throw new StaleBase(`version ${newest ?? "none"} of ${call.script} is no longer the newest`);
}

/** Its Secret follows by owner reference. */
async function discard({ platform, account }: ScriptCall, { metadata: { name, uid } }: WorkerVersion): Promise<void> {
  const key = { namespace: namespaceOf(account), name };
  await platform.client.delete(WorkerVersion, key, { uid, propagationPolicy: "Background", ignoreNotFound: true });
}

const attempts = 8;
const firstPauseMs = 20;

/**
 * Makes a change again from a fresh history while others are faster: only one at a time here, so that these are other
 * replicas. @throws ApiError `busy` after eight times
 */
export function fromFreshBase<T>(call: ScriptCall, change: () => Promise<T>): Promise<T> {
  return call.platform.limits.script(call, async () => {
    for (let attempt = 0; attempt < attempts; attempt++) {
      try {
        return await change();
      } catch (error) {
        if (!(error instanceof StaleBase)) throw error;
      }
      // Two who find each other's version must not go on doing so in step.
      await delay(Math.random() * firstPauseMs * 2 ** attempt);
    }
    throw apiError("busy", { script: call.script });
  });
}
