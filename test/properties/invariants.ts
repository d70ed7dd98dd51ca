/** What must hold at every moment, and what must hold in the end. */

import { expect } from "vitest";
import { Deployment } from "../../api/builtin.ts";
import type { KubernetesObject, Resource } from "../../api/resource.ts";
import { JobBuilder } from "../../api/workers/job-builder.ts";
import { socketName } from "../../api/workers/names.ts";
import { WorkerAccount } from "../../api/workers/worker-account.ts";
import { WorkerBundle } from "../../api/workers/worker-bundle.ts";
import { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { WorkerRelease } from "../../api/workers/worker-release.ts";
import { WorkerVersion } from "../../api/workers/worker-version.ts";
import { objectFor } from "./arbitrary.ts";
import { keyOf } from "./cluster.ts";
import { codeOf, objectsOf, type Platform, type Synced } from "./platform.ts";
import { contentOf } from "./pods.ts";

type Workers = NonNullable<WorkerBundle["spec"]["workers"]>;

/** What has to be remembered beside the platform itself. */
export interface Memory {
  /** What the bundle was told last to serve of a script, also when it serves nothing of it any more. */
  served: Map<string, Workers[number]>;
  /** What pods of a content serve: script to version. */
  contents: Map<string, Record<string, string>>;
}

export function newMemory(): Memory {
  return { served: new Map(), contents: new Map() };
}

function versionsByName(workers: Workers = []): Record<string, string> {
  return Object.fromEntries(workers.map(({ workerName, version = "" }) => [workerName, version]));
}

/** The version as it was stored, also when it is gone by now; a name stands for one content. */
function storedVersion({ cluster }: Platform, name: string): WorkerVersion {
  const key = keyOf(objectFor(WorkerVersion as never, name, {}));
  const found = cluster.versions.get(key)?.find((object) => object !== undefined);
  expect(found, `version ${name} was never stored`).toBeDefined();
  return found as unknown as WorkerVersion;
}

/** What is served was asked for, starts, belongs to the account, and is what the image holds. */
export function checkBundle(platform: Platform): void {
  for (const { spec } of objectsOf(platform, WorkerBundle)) {
    if (spec.podTemplate.image === undefined) continue;
    const image = platform.images.get(spec.podTemplate.image) ?? {};
    expect(spec.sockets?.toSorted()).toEqual(Object.keys(image).map(socketName).sort());
    for (const { workerName, version = "" } of spec.workers ?? []) {
      const { spec: record } = storedVersion(platform, version);
      const isAsked = platform.asked.has(`${workerName}/${version}`) || record.source === "kubectl";
      expect(isAsked, `${workerName} serves ${version}, which nobody asked for`).toBe(true);
      expect(record).toMatchObject({ accounts: "acme", scripts: workerName });
      expect(platform.bad.has(codeOf(record)), `${workerName} serves ${version}, which does not start`).toBe(false);
      expect(image[workerName]).toBe(codeOf(record));
    }
  }
}

function ofKind<T extends KubernetesObject>(objects: readonly KubernetesObject[], { kind }: Resource<T>): T[] {
  return objects.filter((object) => object.kind === kind) as T[];
}

/** "Serving" means that every pod, also one that is about to end, runs exactly that. */
function checkServing(platform: Platform, { world, answer }: Synced, memory: Memory): void {
  const { spec } = world.parent as unknown as WorkerBundle;
  for (const desired of ofKind(answer.children, Deployment)) {
    memory.contents.set(contentOf(desired), versionsByName(spec.workers));
  }

  const [deployment] = objectsOf(platform, Deployment);
  const { servingRelease, workers = [] } = answer.status as NonNullable<WorkerBundle["status"]>;
  if (servingRelease === undefined || deployment === undefined) return;
  const claimed = Object.fromEntries(workers.map(({ name, version = "" }) => [name, version]));
  const running = platform.pods.map(({ content }) => memory.contents.get(content));
  expect(running.length).toBeGreaterThan(0);
  expect(running).toEqual(running.map(() => claimed));
  expect(memory.contents.get(contentOf(deployment))).toEqual(claimed);
}

/** The serving release stays, and the one before it while nothing else is served. */
function checkKept({ world, answer }: Synced): void {
  const [seen] = ofKind(world.children, WorkerBundle);
  const [told] = ofKind(answer.children, WorkerBundle);
  const kept = new Set(answer.children.map(({ metadata }) => metadata.name));
  const isMoving = seen?.spec.release !== told?.spec.release;
  const needed = new Set([seen?.spec.release, isMoving ? undefined : seen?.spec.previousRelease]);
  for (const { metadata } of ofKind(world.children, WorkerRelease)) {
    if (needed.has(metadata.name)) expect(kept).toContain(metadata.name);
  }
}

/** A script stops as soon as its WorkerDeployment is seen to be gone, whether a new one has its name or not. */
function checkRemoved({ world, answer }: Synced): void {
  const wanted = ofKind(world.related, WorkerDeployment).map(
    ({ status, metadata }) => `${status?.serving?.[0]?.script} of ${metadata.uid}`,
  );
  const [told] = ofKind(answer.children, WorkerBundle);
  for (const { workerName, owner } of told?.spec.workers ?? []) expect(wanted).toContain(`${workerName} of ${owner}`);
}

/** What is known to be built is not built again, unless it is kept for its failure. */
function checkBuilds(platform: Platform, { world, answer }: Synced): void {
  const seen = ofKind(world.children, WorkerRelease);
  const built = seen.filter(({ status }) => status?.image !== undefined);
  for (const { spec } of built) platform.known.add(spec.targetImage ?? "");

  const failed = new Set(seen.filter(({ status }) => status?.failedWorker).map(({ metadata }) => metadata.name));
  const building = ofKind(answer.children, WorkerRelease).filter(
    ({ spec, metadata }) => spec.image === undefined && !failed.has(metadata.name),
  );
  const hashes = built.map(({ spec }) => spec.buildHash);
  for (const { spec } of building) expect(hashes, "the same is built again").not.toContain(spec.buildHash);
}

/**
 * What the account says of its scripts is what the bundle says that it has seen, and, unless the bundle was told
 * something else since, what every pod runs.
 */
function checkStatus(platform: Platform, { world, answer }: Synced, memory: Memory): void {
  const [seen] = ofKind(world.children, WorkerBundle);
  const [stored] = objectsOf(platform, WorkerBundle);
  const isLate = seen?.metadata.generation !== stored?.metadata.generation;
  const { scripts = [] } = answer.status as NonNullable<WorkerAccount["status"]>;
  for (const { name, versionServing } of scripts.filter(({ reason }) => reason === "Serving")) {
    expect(seen?.status?.workers).toContainEqual({ name, version: versionServing });
    if (isLate) continue;
    const running = platform.pods.map(({ content }) => memory.contents.get(content)?.[name]);
    expect(new Set(running)).toEqual(new Set([versionServing]));
  }
}

export function checkSync(platform: Platform, synced: Synced, memory: Memory): void {
  checkBundle(platform);
  const { kind } = synced.world.parent;
  if (kind === WorkerBundle.kind) checkServing(platform, synced, memory);
  if (kind !== WorkerAccount.kind) return;
  checkKept(synced);
  checkRemoved(synced);
  checkBuilds(platform, synced);
  checkStatus(platform, synced, memory);
  const told = objectsOf(platform, WorkerBundle).flatMap(({ spec }) => spec.workers ?? []);
  for (const worker of told) memory.served.set(worker.workerName, worker);
}

/** The wanted version, or for one that does not start the last one that served; never one of a deleted namesake. */
function expectedVersion(
  platform: Platform,
  { metadata, status }: WorkerDeployment,
  memory: Memory,
): string | undefined {
  const head = status?.serving?.[0];
  if (head === undefined) return undefined;
  if (!platform.bad.has(codeOf(head))) return head.version;
  const last = memory.served.get(head.script);
  return last?.owner === metadata.uid ? last?.version : undefined;
}

function expectedVersions(platform: Platform, memory: Memory): Record<string, string> {
  const expected = objectsOf(platform, WorkerDeployment).map((deployment) => [
    deployment.status?.serving?.[0]?.script,
    expectedVersion(platform, deployment, memory),
  ]);
  return Object.fromEntries(expected.filter(([, version]) => version !== undefined));
}

/** In the end every script serves what it should, everything says so, and nothing superseded is left. */
export function checkRest(platform: Platform, memory: Memory, releaseHistoryLimit: number): void {
  const expected = expectedVersions(platform, memory);
  const [bundle] = objectsOf(platform, WorkerBundle);
  expect(versionsByName(bundle?.spec.workers)).toEqual(expected);

  const isBad = (deployment: WorkerDeployment) =>
    deployment.status?.serving?.some((head) => platform.bad.has(codeOf(head))) ?? false;
  const bad = objectsOf(platform, WorkerDeployment).filter(isBad).length;
  const releases = objectsOf(platform, WorkerRelease);
  expect(releases.length).toBeLessThanOrEqual(2 + releaseHistoryLimit + bad);
  for (const { status, spec } of releases) expect(spec.image ?? status?.failedWorker).toBeDefined();
  expect(objectsOf(platform, JobBuilder).length).toBeLessThanOrEqual(bad);

  const [account] = objectsOf(platform, WorkerAccount);
  for (const { name, versionServing, versionWanted, reason } of account?.status?.scripts ?? []) {
    expect(versionServing).toBe(expected[name]);
    expect(reason).toBe(versionServing === versionWanted ? "Serving" : "WorkerFault");
  }
  const ready = account?.status?.conditions?.find(({ type }) => type === "Ready");
  expect(ready?.status).toBe(bad === 0 ? "True" : "False");
}
