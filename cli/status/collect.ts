/** What runs, what waits and why, gathered from the resources and from the reports of failed builds. */

import type { KubernetesObject, Resource } from "../../api/resource.ts";
import type { Condition } from "../../api/status.ts";
import { JobBuilder } from "../../api/workers/job-builder.ts";
import { type ScriptStatus, WorkerAccount } from "../../api/workers/worker-account.ts";
import { WorkerBundle } from "../../api/workers/worker-bundle.ts";
import { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { WorkerRelease } from "../../api/workers/worker-release.ts";
import { localSettings } from "../../local/platform/settings.ts";
import { openBlobStore } from "../../stores/blob.ts";
import { nameOf } from "../accounts.ts";
import type { Running } from "../running.ts";

export interface Waiting {
  kind: string;
  name: string;
  namespace: string;
  reason: string;
  message: string;
  /** Full text of a failed build. */
  report?: string;
}

export interface PlatformStatus {
  router: string;
  apiBaseUrl: string;
  kubeconfig: string;
  wranglerEnv: string;
  accounts: { id: string; name: string; namespace: string; ready: string; reason: string; scripts: ScriptStatus[] }[];
  /** Everything that is not ready, from the root down. */
  waiting: Waiting[];
}

type Driven = KubernetesObject & { status?: { conditions?: Condition[]; report?: string } };

/** From the root down, so that the first line says what a user feels and the last one why. */
const driven = [
  WorkerAccount,
  WorkerDeployment,
  WorkerRelease,
  JobBuilder,
  WorkerBundle,
] as readonly Resource<Driven>[];

function readiness({ status }: Driven): Condition | undefined {
  return status?.conditions?.find(({ type }) => type === "Ready");
}

async function reportOf({ status }: Driven, running: Running): Promise<string | undefined> {
  const condition = readiness({ status } as Driven);
  if (status?.report === undefined || condition?.status !== "False") return undefined;
  const store = await openBlobStore(localSettings(running.folder, running.record.ports.router).blobStore);
  const bytes = await store.get(status.report);
  if (bytes === undefined) return undefined;
  const report = JSON.parse(Buffer.from(bytes).toString("utf8")) as { failure?: { message?: string } };
  return report.failure?.message;
}

async function waitingFor(object: Driven, running: Running): Promise<Waiting[]> {
  const condition = readiness(object);
  if (condition?.status === "True") return [];
  const { kind, metadata } = object;
  const report = await reportOf(object, running);
  return [
    {
      kind,
      name: metadata.name,
      namespace: metadata.namespace ?? "",
      reason: condition?.reason ?? "NotSeen",
      message: condition?.message ?? "no hook has looked at it yet",
      ...(report === undefined ? {} : { report }),
    },
  ];
}

export async function collectStatus(running: Running): Promise<PlatformStatus> {
  const { client, folder, record } = running;
  const lists = await Promise.all(driven.map((resource) => client.list(resource)));
  const waiting = await Promise.all(lists.flatMap(({ items }) => items).map((object) => waitingFor(object, running)));
  const accounts = (lists[0]?.items ?? []) as WorkerAccount[];
  return {
    router: `http://127.0.0.1:${record.ports.router}`,
    apiBaseUrl: `http://127.0.0.1:${record.ports.api}/client/v4`,
    kubeconfig: folder.kubeconfig,
    wranglerEnv: folder.wranglerEnv,
    accounts: accounts.map((account) => ({
      id: account.metadata.name,
      name: nameOf(account),
      namespace: account.metadata.namespace ?? "",
      ready: readiness(account as Driven)?.status ?? "Unknown",
      reason: readiness(account as Driven)?.reason ?? "NotSeen",
      scripts: account.status?.scripts ?? [],
    })),
    waiting: waiting.flat(),
  };
}
