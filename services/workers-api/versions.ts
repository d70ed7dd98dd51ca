/** Versions: immutable records of uploads, each with the Secret that holds the values of its secret bindings. */

import { Secret } from "../../api/builtin.ts";
import type { CodeBinding } from "../../api/workers/code.ts";
import type { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { WorkerVersion } from "../../api/workers/worker-version.ts";
import { namespaceOf } from "./accounts.ts";
import { type Bindings, noBindings } from "./bindings.ts";
import type { ScriptCall } from "./call.ts";
import { apiError } from "./errors.ts";

/** Label by which Metacontroller, too, finds the children of a WorkerDeployment. */
export const ownerLabel = "controller-uid";
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** On a version that is stored to be deployed in the same request: until it was, it is nobody's history. */
export const forDeployment = "octoplane.io/for-deployment";

/** Names of the versions that are or were deployed. */
function deployedNames({ spec }: WorkerDeployment): Set<string> {
  return new Set((spec.deployments ?? []).flatMap(({ versions }) => versions.map(({ name }) => name)));
}

/** Newest first, without those whose deployment did not come to pass. */
export async function listVersions(call: ScriptCall, deployment: WorkerDeployment): Promise<WorkerVersion[]> {
  return thatCount(await everyVersion(call, deployment), deployment);
}

async function everyVersion({ platform, account }: ScriptCall, { metadata }: WorkerDeployment) {
  const query = { namespace: namespaceOf(account), labelSelector: `${ownerLabel}=${metadata.uid}` };
  const { items } = await platform.client.list(WorkerVersion, query);
  return items.filter((version) => isOwnedBy(version, metadata.uid));
}

function thatCount(versions: readonly WorkerVersion[], deployment: WorkerDeployment): WorkerVersion[] {
  const deployed = deployedNames(deployment);
  return versions
    .filter((version) => !isForDeployment(version) || deployed.has(version.metadata.name))
    .sort((a, b) => sequenceOf(b) - sequenceOf(a) || (a.metadata.name < b.metadata.name ? 1 : -1));
}

function isForDeployment({ metadata }: WorkerVersion): boolean {
  return metadata.annotations?.[forDeployment] === "true";
}

export function sequenceOf({ spec }: WorkerVersion): number {
  return spec.sequence ?? 0;
}

function isOwnedBy({ metadata }: WorkerVersion, uid: string | undefined): boolean {
  return metadata.ownerReferences?.some((owner) => owner.controller === true && owner.uid === uid) ?? false;
}

/** @throws ApiError `versionNotFound`, also for a version of another script */
export async function requireVersion(
  call: ScriptCall,
  deployment: WorkerDeployment,
  id: string,
): Promise<WorkerVersion> {
  const key = { namespace: namespaceOf(call.account), name: id };
  const found = uuid.test(id) ? await call.platform.client.get(WorkerVersion, key) : undefined;
  if (found !== undefined && isOwnedBy(found, deployment.metadata.uid)) return found;
  throw apiError("versionNotFound", { version: JSON.stringify(id), script: call.script });
}

/** The secret values of a version, by name; undefined when its Secret is not there. */
export async function readSecrets(call: ScriptCall, version: WorkerVersion): Promise<Map<string, string> | undefined> {
  const { secretRef } = version.spec;
  if (secretRef === undefined) return new Map();
  const secret = await call.platform.client.get(Secret, { namespace: namespaceOf(call.account), name: secretRef });
  if (secret === undefined) return undefined;
  const entries = Object.entries(secret.data ?? {});
  return new Map(entries.map(([name, value]) => [name, Buffer.from(value, "base64").toString("utf8")]));
}

/** @throws ApiError `secretsGone` */
export async function requireSecrets(call: ScriptCall, version: WorkerVersion): Promise<Map<string, string>> {
  const secrets = await readSecrets(call, version);
  if (secrets !== undefined) return secrets;
  throw apiError("secretsGone", { version: version.metadata.name, secret: version.spec.secretRef ?? "" });
}

/** What a new version builds on. */
export interface History {
  /** The highest number that was given, also to a version that never counted; 0 before the first. */
  sequence: number;
  /** The version whose bindings a new one takes over; undefined for the first. */
  base: WorkerVersion | undefined;
  bindings: Bindings;
}

/**
 * The base is the newest version. One whose Secret never came, because its upload was cut off, and that was never
 * deployed, is passed over, and so is the one named `without`. @throws ApiError `secretsGone`
 */
export async function historyOf(
  call: ScriptCall,
  deployment: WorkerDeployment | undefined,
  without?: string,
): Promise<History> {
  if (deployment === undefined) return { sequence: 0, base: undefined, bindings: noBindings };
  const all = (await everyVersion(call, deployment)).filter(({ metadata }) => metadata.name !== without);
  const sequence = Math.max(0, ...all.map(sequenceOf));
  const deployed = deployedNames(deployment);

  for (const base of thatCount(all, deployment)) {
    const isDeployed = deployed.has(base.metadata.name);
    const secrets = isDeployed ? await requireSecrets(call, base) : await readSecrets(call, base);
    if (secrets !== undefined) return { sequence, base, bindings: { bindings: codeBindings(base), secrets } };
  }
  return { sequence, base: undefined, bindings: noBindings };
}

function codeBindings({ spec }: WorkerVersion): CodeBinding[] {
  return (spec.bindings ?? []) as CodeBinding[];
}

/** Names of the secrets that only one side has or whose values differ, sorted. */
export function changedSecrets(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): string[] {
  const names = new Set([...a.keys(), ...b.keys()]);
  return [...names].filter((name) => a.get(name) !== b.get(name)).sort();
}
