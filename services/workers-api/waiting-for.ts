/** What a version waits for, in words: from the account's status, and from the pods that should build or serve it. */

import type { ScriptStatus } from "../../api/workers/worker-account.ts";
import { WorkerBundle } from "../../api/workers/worker-bundle.ts";
import { causesOf, type DiagnosedObject } from "../../kubernetes/diagnosis.ts";
import { namespaceOf } from "./accounts.ts";
import { buildsOf } from "./builds.ts";
import type { AccountCall, ScriptCall } from "./call.ts";

/** A diagnosis is a courtesy: nobody waits for one longer than this. */
const timeoutMs = 5_000;
const mostCauses = 3;

export interface Waiting {
  /** One line; what cannot be found out is left out. */
  text: string;
  /** Whether it waits for somebody to mend something, and not only for time. */
  isObstacle: boolean;
}

export async function waitingFor(
  call: ScriptCall,
  version: string,
  status: ScriptStatus | undefined,
): Promise<Waiting> {
  if (status?.versionWanted !== version) {
    return { text: `WorkerAccount ${call.account.metadata.name} has not taken it up yet`, isObstacle: false };
  }
  const { reason, message = "" } = status;
  const causes = await causesFor(call, version, reason);
  if (causes.length > 0) return { text: causes.join("; "), isObstacle: true };
  return { text: [reason, message].filter((part) => part !== "").join(": "), isObstacle: false };
}

/** Messages of the causes, the most telling first; none where nothing is wrong or nothing can be seen. */
export async function causesFor(call: AccountCall, version: string, reason: string): Promise<string[]> {
  try {
    const target = reason === "RollingOut" ? await rollout(call) : await build(call, version);
    if (target === undefined) return [];
    const causes = await causesOf(call.platform.client, target, { timeoutMs });
    return causes.slice(0, mostCauses).map(({ message }) => message);
  } catch (error) {
    call.platform.log.warn({ error }, "a diagnosis failed");
    return [];
  }
}

/** The Job that builds the version now, or that failed to. */
async function build(call: AccountCall, version: string): Promise<DiagnosedObject | undefined> {
  const [newest] = await buildsOf(call, version);
  const name = newest?.status?.job;
  return name === undefined ? undefined : { kind: "Job", namespace: namespaceOf(call.account), name };
}

async function rollout({ platform, account }: AccountCall): Promise<DiagnosedObject | undefined> {
  const namespace = namespaceOf(account);
  const key = { namespace, name: account.spec.workerBundleName };
  const bundle = await platform.client.get(WorkerBundle, key, { timeoutMs });
  return bundle && { kind: "Deployment", namespace, name: bundle.spec.deploymentName };
}
