/** What users do to an account: through the API, or with kubectl. */

import { ConfigMap, Job } from "../../api/builtin.ts";
import type { KubernetesObject } from "../../api/resource.ts";
import { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { WorkerVersion } from "../../api/workers/worker-version.ts";
import type { AnyObject } from "../../local/driver/json.ts";
import { objectFor } from "./arbitrary.ts";
import { create, keyOf, latest, remove, time, update } from "./cluster.ts";
import { objectsOf, type Platform } from "./platform.ts";
import type { Random } from "./random.ts";

const scriptNames = ["api", "web", "We_b"];

function replace(platform: Platform, object: KubernetesObject): void {
  update(platform.cluster, object as AnyObject);
}

function deploymentFor(platform: Platform, script: string): WorkerDeployment | undefined {
  const name = `acme.${script.toLowerCase().replaceAll("_", ".")}`;
  const object = objectFor(WorkerDeployment as never, name, { scriptName: script }, { accounts: "acme" });
  const known = latest(platform.cluster, keyOf(object));
  if (known === undefined) platform.cluster.now += 1000;
  return (known ?? create(platform.cluster, object)) as unknown as WorkerDeployment | undefined;
}

function deploy(platform: Platform, deployment: WorkerDeployment, version: string): void {
  const { scriptName = "", deployments = [] } = deployment.spec;
  platform.counter += 1;
  const entry = {
    id: `d${platform.counter}`,
    createdOn: time(platform.cluster),
    versions: [{ name: version, percentage: 100 }],
  };
  platform.asked.add(`${scriptName}/${version}`);
  replace(platform, { ...deployment, spec: { ...deployment.spec, deployments: [entry, ...deployments] } } as never);
}

function versionOf(
  platform: Platform,
  deployment: WorkerDeployment,
  spec: Partial<WorkerVersion["spec"]>,
): WorkerVersion | undefined {
  const { uid = "", name } = deployment.metadata;
  const script = deployment.spec.scriptName ?? "";
  platform.counter += 1;
  const object = objectFor(
    WorkerVersion as never,
    `v${platform.counter}`,
    { accounts: "acme", scripts: script, url: `accounts/acme/${script}`, sequence: platform.counter, ...spec },
    { accounts: "acme", "controller-uid": uid },
  );
  const owner = { apiVersion: deployment.apiVersion, kind: deployment.kind, name, uid, controller: true };
  const owned = { ...object, metadata: { ...object.metadata, ownerReferences: [owner] } };
  return create(platform.cluster, owned) as unknown as WorkerVersion | undefined;
}

function newDigest(platform: Platform, isBad: boolean): string {
  platform.counter += 1;
  const digest = platform.counter.toString(16).padStart(64, isBad ? "b" : "0");
  if (isBad) platform.bad.add(digest);
  return digest;
}

export function deployCode(platform: Platform, script: string, isBad: boolean): void {
  const deployment = deploymentFor(platform, script);
  const version = deployment && versionOf(platform, deployment, { digest: newDigest(platform, isBad) });
  if (deployment !== undefined && version !== undefined) deploy(platform, deployment, version.metadata.name);
}

export function upload(platform: Platform, random: Random): void {
  deployCode(platform, random.pick(scriptNames) ?? "", random.oneIn(4));
}

function ownDeployment(platform: Platform, random: Random): WorkerDeployment | undefined {
  return random.pick(objectsOf(platform, WorkerDeployment).filter(({ spec }) => spec.scriptName !== undefined));
}

function versionsOf(platform: Platform, { metadata }: WorkerDeployment): WorkerVersion[] {
  const isOwn = (version: WorkerVersion) => version.metadata.ownerReferences?.[0]?.uid === metadata.uid;
  return objectsOf(platform, WorkerVersion).filter((version) => isOwn(version) && version.spec.accounts === "acme");
}

export function rollback(platform: Platform, random: Random): void {
  const deployment = ownDeployment(platform, random);
  const version = deployment && random.pick(versionsOf(platform, deployment));
  if (deployment !== undefined && version !== undefined) deploy(platform, deployment, version.metadata.name);
}

/** A secret is set: a new version with the code of the newest one. */
export function setSecret(platform: Platform, random: Random): void {
  const deployment = ownDeployment(platform, random);
  const digest = deployment && versionsOf(platform, deployment).at(-1)?.spec.digest;
  if (deployment === undefined || digest === undefined) return;
  platform.counter += 1;
  const version = versionOf(platform, deployment, { digest, secretRef: `worker-${platform.counter}` });
  if (version !== undefined) deploy(platform, deployment, version.metadata.name);
}

/** A tenant asks for the code of somebody else. */
export function steal(platform: Platform, random: Random): void {
  const deployment = ownDeployment(platform, random);
  const loot = random.pick([{ accounts: "other" }, { scripts: "other" }, { url: "accounts/other/x" }]);
  const version = deployment && versionOf(platform, deployment, { digest: newDigest(platform, false), ...loot });
  if (deployment === undefined || version === undefined) return;
  const before = new Set(platform.asked);
  deploy(platform, deployment, version.metadata.name);
  platform.asked = before;
}

export function removeScript(platform: Platform, random: Random): void {
  const deployment = random.pick(objectsOf(platform, WorkerDeployment));
  if (deployment !== undefined) remove(platform.cluster, keyOf(deployment as never));
}

/** A kubectl user writes or changes a template. */
export function applyTemplate(platform: Platform, random: Random): void {
  const url = `accounts/acme/by-hand/${random.below(3)}.js`;
  platform.bad.add("accounts/acme/by-hand/2.js");
  const template = { scriptName: "by-hand", compatibilityDate: "2026-01-01", scriptsUrls: [url] };
  const object = objectFor(WorkerDeployment as never, "by-hand", { template }, { accounts: "acme" });
  const known = latest(platform.cluster, keyOf(object));
  if (known === undefined) {
    platform.cluster.now += 1000;
    create(platform.cluster, object);
  } else {
    replace(platform, { ...known, spec: { ...(known.spec as object), template } } as never);
  }
}

/** Somebody deletes what is not theirs to delete. */
export function meddle(platform: Platform, random: Random): void {
  const child = random.pick([...objectsOf(platform, Job), ...objectsOf(platform, ConfigMap)]);
  if (child !== undefined) remove(platform.cluster, keyOf(child as never));
}
