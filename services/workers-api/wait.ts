/** Holds an answer until what was asked for serves, has failed, was superseded, or time is up. Watches; never polls. */

import type { ScriptStatus, WorkerAccount } from "../../api/workers/worker-account.ts";
import { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import type { Cache, WaitOptions } from "../../kubernetes/cache.ts";
import type { AccountCall, ScriptCall } from "./call.ts";
import { apiError } from "./errors.ts";
import { failureText } from "./report.ts";
import { waitingFor } from "./waiting-for.ts";

export interface Wanted {
  /** The script as it was stored with that deployment: what is older than this is no news. */
  script: WorkerDeployment;
  /** Id of the deployment that should stay the newest. */
  deployment: string;
  version: string;
  /** Whether the script must have a public address, too. */
  withAddress?: boolean;
}

type Verdict = { kind: "serving" } | { kind: "superseded" } | { kind: "failed"; status: ScriptStatus };

const faults = new Set(["WorkerFault", "BuildFailed"]);
const refusals = new Set(["DuplicateScript", "TooManyScripts"]);

/** What the account says of the script; undefined while it still speaks of something else. */
function verdictOf(status: ScriptStatus | undefined, wanted: Wanted): Verdict | undefined {
  const { deployment, version, withAddress = false } = wanted;
  if (status === undefined) return undefined;
  if (refusals.has(status.reason)) return { kind: "failed", status };
  if (status.deploymentWanted !== deployment || status.versionWanted !== version) return undefined;
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
 * @throws ApiError with the text of the build's report when the version cannot serve, or with what keeps it from serving
 */
export async function holdUntilServed(call: ScriptCall, wanted: Wanted): Promise<string[]> {
  const verdict = await firstVerdict(call, wanted);
  const { version } = wanted;
  switch (verdict?.kind) {
    case "serving":
      return [];
    case "superseded":
      return [`version ${version} was superseded by a newer deployment before it served`];
    case "failed":
      throw await failure(call, verdict.status, version);
    default:
      return [await timeIsUp(call, version)];
  }
}

/**
 * That it takes long is no failure. That somebody has to mend something is one, and wrangler prints nothing else
 * (docs/adr/0017-obstacles-fail-the-command.md).
 */
async function timeIsUp(call: ScriptCall, version: string): Promise<string> {
  const continues = `version ${version} is deployed; its rollout continues in the background`;
  if (call.platform.stopping.aborted || call.gone.aborted) return continues;
  const { text, isObstacle } = await waitingFor(call, version, scriptStatus(call, call.script));
  if (isObstacle) throw apiError("obstructed", { version, message: text });
  return `${continues}; waiting: ${text}`;
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
async function firstVerdict(call: ScriptCall, wanted: Wanted): Promise<Verdict | undefined> {
  const { accounts, watches, holdMs: timeoutMs, stopping } = call.platform;
  const decided = new AbortController();
  const signal = AbortSignal.any([decided.signal, stopping, call.gone, AbortSignal.timeout(timeoutMs)]);
  const told = accounts.cache.waitFor(() => verdictOf(scriptStatus(call, call.script), wanted), { timeoutMs, signal });
  const overtaken = watches.use(call.account, (scripts) => supersession(call, wanted, scripts, { timeoutMs, signal }));
  try {
    return await Promise.race([told, overtaken]);
  } catch {
    return undefined;
  } finally {
    decided.abort();
    await Promise.allSettled([told, overtaken]);
  }
}

const superseded: Verdict = { kind: "superseded" };

/** The watch may still be behind the deployment itself; only what came after that can supersede it. */
async function supersession(
  call: ScriptCall,
  { script, deployment }: Wanted,
  scripts: Cache<WorkerDeployment>,
  options: WaitOptions,
): Promise<Verdict> {
  const { namespace, name, uid, generation = 0 } = script.metadata;
  const isSame = (other: WorkerDeployment | undefined) => other?.metadata.uid === uid;
  const isNewest = (other: WorkerDeployment | undefined) =>
    isSame(other) && other?.spec.deployments?.[0]?.id === deployment;
  let wasSeen = false;
  const verdict = () => {
    const current = scripts.get(namespace, name);
    wasSeen ||= isSame(current) && (current?.metadata.generation ?? 0) >= generation;
    return wasSeen && !isNewest(current) ? superseded : undefined;
  };

  await scripts.waitFor(() => true, options);
  // A watch that began after a deletion never sees the script: whether it is there is asked once.
  const isThere = verdict() === undefined && (wasSeen || isNewest(await readScript(call, script)));
  return isThere ? scripts.waitFor(verdict, options) : superseded;
}

function readScript({ platform }: ScriptCall, { metadata }: WorkerDeployment): Promise<WorkerDeployment | undefined> {
  return platform.client.get<WorkerDeployment>(WorkerDeployment, metadata);
}

/** Resolves when the account no longer serves the script, or when time is up. */
export async function holdUntilRemoved(call: ScriptCall): Promise<void> {
  const { accounts, holdMs, stopping } = call.platform;
  const options = { timeoutMs: holdMs, signal: AbortSignal.any([stopping, call.gone]) };
  await accounts.cache
    .waitFor(() => scriptStatus(call, call.script)?.versionServing === undefined, options)
    .catch(() => undefined);
}
