/** Holds an answer until what was asked for serves, has failed, was superseded, or time is up. Watches; never polls. */

import { accountLabel } from "../../api/workers/fields.ts";
import type { ScriptStatus, WorkerAccount } from "../../api/workers/worker-account.ts";
import { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { cache } from "../../kubernetes/cache.ts";
import { namespaceOf } from "./accounts.ts";
import type { AccountCall, ScriptCall } from "./call.ts";
import { apiError } from "./errors.ts";
import { failureText } from "./report.ts";
import { scriptLabels } from "./scripts.ts";

export interface Wanted {
  /** Id of the deployment that should stay the newest. */
  deployment: string;
  version: string;
  /** Whether the script must have a public address, too. */
  withAddress?: boolean;
}

type Verdict = { kind: "serving" } | { kind: "superseded" } | { kind: "failed"; status: ScriptStatus };

const faults = new Set(["WorkerFault", "BuildFailed"]);
const refusals = new Set(["DuplicateScript", "PrefixCollision", "TooManyScripts"]);

/** What the account says of the script; undefined while it still speaks of something else. */
function verdictOf(status: ScriptStatus | undefined, { version, withAddress = false }: Wanted): Verdict | undefined {
  if (status === undefined) return undefined;
  if (refusals.has(status.reason)) return { kind: "failed", status };
  if (status.versionWanted !== version) return undefined;
  if (faults.has(status.reason)) return { kind: "failed", status };
  const serves = status.reason === "Serving" && status.versionServing === version;
  return serves && (!withAddress || status.host !== undefined) ? { kind: "serving" } : undefined;
}

/** The account's status of a script, as it is now. */
export function scriptStatus(call: AccountCall, script: string): ScriptStatus | undefined {
  return currentAccount(call)?.status?.scripts?.find(({ name }) => name === script);
}

function currentAccount({ platform, account }: AccountCall): WorkerAccount | undefined {
  return platform.accounts.cache.get(account.metadata.namespace, account.metadata.name);
}

/**
 * Resolves with remarks for the answer, none when it simply serves.
 * @throws ApiError with the text of the build's report when the version cannot serve
 */
export async function holdUntilServed(call: ScriptCall, script: WorkerDeployment, wanted: Wanted): Promise<string[]> {
  const verdict = await firstVerdict(call, script, wanted);
  const { version } = wanted;
  switch (verdict?.kind) {
    case "serving":
      return [];
    case "superseded":
      return [`version ${version} was superseded by a newer deployment before it served`];
    case "failed":
      throw await failure(call, verdict.status, version);
    default:
      return [`version ${version} is deployed; its rollout continues in the background`];
  }
}

async function failure(call: ScriptCall, status: ScriptStatus, version: string) {
  const { reason } = status;
  if (refusals.has(reason)) {
    return apiError("refusedByAccount", { script: call.script, reason, message: status.message ?? reason });
  }
  const message = await failureText(call, status);
  return reason === "WorkerFault"
    ? apiError("scriptRejected", { message })
    : apiError("buildFailed", { version, message });
}

/** Undefined when time was up, the client went away or the service stops. */
async function firstVerdict(call: ScriptCall, script: WorkerDeployment, wanted: Wanted): Promise<Verdict | undefined> {
  const { client, accounts, holdMs, stopping, log } = call.platform;
  const labels = Object.entries(scriptLabels(call)).map(([key, value]) => `${key}=${value}`);
  const scripts = cache(client, WorkerDeployment, {
    namespace: namespaceOf(call.account),
    labelSelector: labels.join(","),
    onError: (error) => log.warn({ error, [accountLabel]: call.account.metadata.name }, "watching a script failed"),
  });
  const supersession = supersessionOf(wanted);
  const decided = new AbortController();
  const options = { timeoutMs: holdMs, signal: AbortSignal.any([decided.signal, stopping, call.gone]) };
  try {
    return await Promise.race([
      accounts.cache.waitFor(() => verdictOf(scriptStatus(call, call.script), wanted), options),
      scripts.waitFor((known) => supersession(known.get(script.metadata.namespace, script.metadata.name)), options),
    ]);
  } catch {
    return undefined;
  } finally {
    decided.abort();
    scripts.close();
  }
}

/** A script that was seen and is gone is superseded; one that was never seen carries labels of its own. */
function supersessionOf({ deployment }: Wanted) {
  let wasSeen = false;
  return (script: WorkerDeployment | undefined): Verdict | undefined => {
    wasSeen ||= script !== undefined;
    const isNewest = script?.spec.deployments?.[0]?.id === deployment;
    return isNewest || !wasSeen ? undefined : { kind: "superseded" };
  };
}

/** Resolves when the account no longer serves the script, or when time is up. */
export async function holdUntilRemoved(call: ScriptCall): Promise<void> {
  const { accounts, holdMs, stopping } = call.platform;
  const options = { timeoutMs: holdMs, signal: AbortSignal.any([stopping, call.gone]) };
  await accounts.cache
    .waitFor(() => scriptStatus(call, call.script)?.versionServing === undefined, options)
    .catch(() => undefined);
}
