/** What runs, what waits and why, gathered from the resources and from the reports of failed builds. */

import type { Resource } from "../../api/resource.ts";
import { JobBuilder } from "../../api/workers/job-builder.ts";
import type { ScriptStatus, WorkerAccount } from "../../api/workers/worker-account.ts";
import { WorkerBundle } from "../../api/workers/worker-bundle.ts";
import { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { WorkerRelease } from "../../api/workers/worker-release.ts";
import { listAccounts, nameOf } from "../accounts.ts";
import { knownApiUrl } from "../api-url.ts";
import { listFarms } from "../buildbarn/farms.ts";
import type { Target } from "../target/target.ts";
import { causesOfWaiting } from "./causes.ts";
import { type FarmStatus, farmStatus } from "./farms.ts";
import { platformWaiting } from "./platform.ts";
import { reportOf } from "./report.ts";
import { readSweep, type Sweep } from "./sweep.ts";
import { type Driven, readiness, type Waiting, waitingObjects } from "./waiting.ts";

export interface AccountStatus {
  id: string;
  name: string;
  namespace: string;
  ready: string;
  reason: string;
  scripts: ScriptStatus[];
}

/** A build that is under way or has failed: finished ones leave nothing behind. */
export interface BuildStatus {
  name: string;
  namespace: string;
  /** Name of the account, or its id where the account is not seen. */
  account: string;
  reason: string;
  job?: string;
  attempt?: number;
}

export interface PlatformStatus {
  platform:
    | { kind: "embedded"; dataDir: string }
    | { kind: "cluster"; context: string; server: string; from: string; namespace?: string };
  /** Of the embedded platform. */
  router?: string;
  /** What CLOUDFLARE_API_BASE_URL must say, where the platform tells. */
  apiBaseUrl?: string;
  kubeconfig?: string;
  wranglerEnv?: string;
  accounts: AccountStatus[];
  builds: BuildStatus[];
  farms: FarmStatus[];
  /** Everything that is not ready, each cause once. */
  waiting: Waiting[];
  /** The last sweep of a cluster's stores. */
  sweep?: Sweep;
}

/** From the root down. */
const driven = [WorkerDeployment, WorkerRelease, JobBuilder, WorkerBundle] as readonly Resource<Driven>[];

/** @param namespace default: all. */
export async function collectStatus(target: Target, namespace?: string): Promise<PlatformStatus> {
  const accounts = await listAccounts(target.client, namespace);
  const farms = await listFarms(target.client, namespace);
  const lists = await Promise.all(driven.map((resource) => target.client.list(resource, { namespace })));
  const components = farms.flatMap((farm) => farm.components);
  const objects = [...accounts, ...lists.flatMap(({ items }) => items), ...components] as Driven[];
  const [waiting, apiBaseUrl, sweep, ownWaiting] = await Promise.all([
    Promise.all(waitingObjects(objects).map((found) => explained(found.object, found.waiting, target))),
    knownApiUrl(target),
    readSweep(target),
    platformWaiting(target),
  ]);
  return {
    ...placeOf(target, namespace),
    ...(apiBaseUrl === undefined ? {} : { apiBaseUrl }),
    accounts: accounts.map(accountStatus),
    builds: (objects.filter(({ kind }) => kind === JobBuilder.kind) as JobBuilder[])
      .filter((builder) => readiness(builder as Driven)?.status !== "True")
      .map((builder) => buildStatus(builder, accounts)),
    farms: farms.map(farmStatus),
    waiting: [...ownWaiting, ...waiting],
    ...(sweep === undefined ? {} : { sweep }),
  };
}

function placeOf(target: Target, namespace: string | undefined): Pick<PlatformStatus, "platform" | "router"> {
  if (target.kind === "cluster") {
    const { kind, context, server, from } = target;
    return { platform: { kind, context, server, from, ...(namespace === undefined ? {} : { namespace }) } };
  }
  const { kind, folder, record } = target;
  const { path: dataDir, kubeconfig, wranglerEnv } = folder;
  const router = `http://127.0.0.1:${record.ports.router}`;
  return { platform: { kind, dataDir }, router, ...{ kubeconfig, wranglerEnv } };
}

async function explained(object: Driven, waiting: Waiting, target: Target): Promise<Waiting> {
  const report = await reportOf(object, target);
  if (report !== undefined) return { ...waiting, report };
  const causes = await causesOfWaiting(object, target);
  return causes.length === 0 ? waiting : { ...waiting, causes };
}

function accountStatus(account: WorkerAccount): AccountStatus {
  const condition = readiness(account as Driven);
  return {
    id: account.metadata.name,
    name: nameOf(account),
    namespace: account.metadata.namespace ?? "",
    ready: condition?.status ?? "Unknown",
    reason: condition?.reason ?? "NotSeen",
    scripts: account.status?.scripts ?? [],
  };
}

function buildStatus(builder: JobBuilder, accounts: readonly WorkerAccount[]): BuildStatus {
  const { job, attempt } = builder.status ?? {};
  const account = accounts.find(({ metadata }) => metadata.name === builder.spec.accounts);
  return {
    name: builder.metadata.name,
    namespace: builder.metadata.namespace ?? "",
    account: account === undefined ? (builder.spec.accounts ?? "") : nameOf(account),
    reason: readiness(builder as Driven)?.reason ?? "NotSeen",
    ...(job === undefined ? {} : { job }),
    ...(attempt === undefined ? {} : { attempt }),
  };
}
