/** Scripts: each is one WorkerDeployment, found by name, made before its first version, deleted with all it owns. */

import { apiVersionOf } from "../../api/resource.ts";
import { accountLabel, maxScripts, scriptLabel } from "../../api/workers/fields.ts";
import { deploymentName, labelFor } from "../../api/workers/object-names.ts";
import { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { isAlreadyExists, isConflict, isNotFound, type MergePatch } from "../../kubernetes/client.ts";
import { namespaceOf } from "./accounts.ts";
import type { AccountCall, ScriptCall } from "./call.ts";
import { apiError } from "./errors.ts";

export function nameOf({ spec }: WorkerDeployment): string {
  return spec.scriptName ?? spec.template?.scriptName ?? "";
}

/** One that has no deployment yet is only a place for a first version: it does not exist for anybody who asks. */
export function isDeployed({ spec }: WorkerDeployment): boolean {
  return spec.template !== undefined || (spec.deployments ?? []).length > 0;
}

function isTerminating({ metadata }: WorkerDeployment): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function belongsTo({ metadata }: WorkerDeployment, { account }: AccountCall): boolean {
  return metadata.labels?.[accountLabel] === account.metadata.name;
}

/** All scripts of the account, those without a deployment included. */
export async function listScripts(call: AccountCall): Promise<WorkerDeployment[]> {
  const { client } = call.platform;
  const labelSelector = `${accountLabel}=${call.account.metadata.name}`;
  const { items } = await client.list(WorkerDeployment, { namespace: namespaceOf(call.account), labelSelector });
  return items.filter((item) => !isTerminating(item)).sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

/** The script's object, whether anything is deployed or not. kubectl users choose other object names than the API. */
export async function findScript(call: ScriptCall): Promise<WorkerDeployment | undefined> {
  const key = { namespace: namespaceOf(call.account), name: deploymentName(call.account.metadata.name, call.script) };
  const found = await call.platform.client.get(WorkerDeployment, key);
  if (found !== undefined && belongsTo(found, call) && nameOf(found) === call.script && !isTerminating(found))
    return found;
  return (await listScripts(call)).find((item) => nameOf(item) === call.script);
}

/** @throws ApiError `scriptNotFound` (or the other code for it) when nothing is deployed */
export async function requireScript(
  call: ScriptCall,
  missing: "scriptNotFound" | "serviceNotFound" = "scriptNotFound",
): Promise<WorkerDeployment> {
  const found = await findScript(call);
  if (found === undefined || !isDeployed(found)) throw apiError(missing, { script: call.script });
  return found;
}

/** @throws ApiError `ownedByTemplate`: what kubectl manages, the API leaves alone */
export function assertChangeable(deployment: WorkerDeployment): WorkerDeployment {
  if (deployment.spec.template === undefined) return deployment;
  throw apiError("ownedByTemplate", { script: nameOf(deployment), object: deployment.metadata.name });
}

/** What would make the account refuse a new script is said before anything is stored. */
export async function assertRoomFor(call: ScriptCall): Promise<void> {
  const others = (await listScripts(call)).filter((item) => isDeployed(item) && nameOf(item) !== call.script);
  if (others.length >= maxScripts) {
    throw apiError("tooManyScripts", { account: call.account.metadata.name, limit: maxScripts });
  }
}

/** Labels of everything that belongs to the script. */
export function scriptLabels(call: ScriptCall): Record<string, string> {
  return { [accountLabel]: call.account.metadata.name, ...labelFor(scriptLabel, call.script) };
}

/** The script's object, made when it is missing. */
export async function ensureScript(call: ScriptCall): Promise<WorkerDeployment> {
  const found = await findScript(call);
  if (found !== undefined) return assertChangeable(found);
  const { metadata, apiVersion, kind } = call.account;
  try {
    return await call.platform.client.create(WorkerDeployment, {
      apiVersion: apiVersionOf(WorkerDeployment),
      kind: "WorkerDeployment",
      metadata: {
        name: deploymentName(metadata.name, call.script),
        namespace: namespaceOf(call.account),
        labels: scriptLabels(call),
        ownerReferences: [{ apiVersion, kind, name: metadata.name, uid: metadata.uid ?? "" }],
      },
      spec: { scriptName: call.script, workersDev: false },
    });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const other = await findScript(call); // somebody else was faster, or the old one is still being deleted
    if (other === undefined) throw apiError("busy", { script: call.script });
    return assertChangeable(other);
  }
}

const attempts = 10;

type ScriptPatch = MergePatch<{
  metadata: Pick<WorkerDeployment["metadata"], "annotations">;
  spec: WorkerDeployment["spec"];
}>;

/**
 * Changes the script in one write that holds only if nobody changed it meanwhile; otherwise `patchOf` is asked again
 * with what is there now. `undefined` from it means that nothing is left to change.
 */
export async function changeScript(
  call: ScriptCall,
  deployment: WorkerDeployment,
  patchOf: (current: WorkerDeployment) => ScriptPatch | undefined | Promise<ScriptPatch | undefined>,
): Promise<WorkerDeployment> {
  const key = { namespace: namespaceOf(call.account), name: deployment.metadata.name };
  let current: WorkerDeployment | undefined = deployment;
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (current === undefined || current.metadata.uid !== deployment.metadata.uid) {
      throw apiError("scriptNotFound", { script: call.script });
    }
    const patch = await patchOf(assertChangeable(current));
    if (patch === undefined) return current;
    const changed = await patchUnchanged(call, current, patch);
    if (changed !== undefined) return changed;
    current = await call.platform.client.get<WorkerDeployment>(WorkerDeployment, key);
  }
  throw apiError("busy", { script: call.script });
}

/** Undefined when the script is no longer as it was. */
async function patchUnchanged(
  { platform }: ScriptCall,
  { metadata }: WorkerDeployment,
  change: ScriptPatch,
): Promise<WorkerDeployment | undefined> {
  const { namespace, name, resourceVersion = "" } = metadata;
  const patch = { ...change, metadata: { ...change.metadata, resourceVersion } } as MergePatch<WorkerDeployment>;
  try {
    return await platform.client.mergePatch<WorkerDeployment>(WorkerDeployment, { namespace, name }, patch);
  } catch (error) {
    if (isConflict(error) || isNotFound(error)) return undefined;
    throw error;
  }
}
