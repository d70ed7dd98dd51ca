/** The commit point: one write to the WorkerDeployment decides what serves, and orders all who deploy at once. */

import { randomUUID } from "node:crypto";
import type { DeploymentEntry, WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import type { WorkerVersion } from "../../api/workers/worker-version.ts";
import type { MergePatch } from "../../kubernetes/client.ts";
import { assertBase, type Base } from "./base.ts";
import type { ScriptCall } from "./call.ts";
import { changeScript } from "./scripts.ts";

export interface Commitment {
  version: WorkerVersion;
  triggeredBy: "upload" | "secret" | "rollback" | "promotion";
  message?: string | undefined;
  /** What a new version was made from; none for a version that was there. */
  base?: Base;
  /** Settings of the script that change in the same write. */
  settingsPatch?: ((current: WorkerDeployment) => MergePatch<WorkerDeployment["spec"]>) | undefined;
}

const longestHistory = 100;
/** A client that got no answer sends the same again within this time. */
const repetitionMs = 60_000;

export interface Committed {
  entry: DeploymentEntry;
  /** The script with that entry, as it was stored. */
  script: WorkerDeployment;
}

/**
 * Deploys the version: the new entry is the newest. The same deployment again within a minute is the same one.
 * @throws StaleBase when the version was made from what is no longer the newest
 */
export async function commitDeployment(
  call: ScriptCall,
  deployment: WorkerDeployment,
  commitment: Commitment,
): Promise<Committed> {
  let entry: DeploymentEntry | undefined;
  const script = await changeScript(call, deployment, async (current) => {
    if (commitment.base !== undefined) await assertBase(call, current, commitment.base, commitment.version);
    const earlier = current.spec.deployments ?? [];
    const [head] = earlier;
    const wanted = newEntry(call, head, commitment);
    const settings = commitment.settingsPatch?.(current);
    if (head !== undefined && isRepetition(head, wanted)) {
      entry = head;
      return settings && { spec: settings };
    }
    entry = wanted;
    return { spec: { ...settings, deployments: [wanted, ...earlier].slice(0, longestHistory) } };
  });
  if (entry === undefined) throw new Error("a deployment was committed without an entry");
  return { entry, script };
}

const newestVersion = "octoplane.io/newest-version";

/**
 * Makes a version that is not deployed the newest one, by the same kind of write: who deploys or uploads at the same
 * moment, through whichever replica, comes before or after it and never beside it.
 * @throws StaleBase when the version was made from what is no longer the newest
 */
export async function commitVersion(
  call: ScriptCall,
  deployment: WorkerDeployment,
  { version, base }: Required<Pick<Commitment, "version" | "base">>,
): Promise<void> {
  const { name } = version.metadata;
  await changeScript(call, deployment, async (current) => {
    await assertBase(call, current, base, version);
    const isRepeated = base.newest === name;
    return isRepeated ? undefined : { metadata: { annotations: { [newestVersion]: name } } };
  });
}

function newEntry(
  { platform, principal }: ScriptCall,
  head: DeploymentEntry | undefined,
  { version, triggeredBy, message }: Commitment,
): DeploymentEntry {
  // Clients sort by this time, so that two deployments must never share one.
  const time = Math.max(platform.now().getTime(), Date.parse(head?.createdOn ?? "1970-01-01T00:00:00Z") + 1);
  return {
    id: randomUUID(),
    createdOn: new Date(time).toISOString(),
    author: principal.name,
    source: "wrangler",
    triggeredBy,
    ...(message === undefined ? {} : { message }),
    versions: [{ name: version.metadata.name, percentage: 100 }],
  };
}

function isRepetition(head: DeploymentEntry, wanted: DeploymentEntry): boolean {
  const isSame = (["author", "triggeredBy", "message"] as const).every((field) => head[field] === wanted[field]);
  const age = Date.parse(wanted.createdOn) - Date.parse(head.createdOn);
  return isSame && age < repetitionMs && head.versions[0]?.name === wanted.versions[0]?.name;
}
