/**
 * What the platform costs when nothing happens: 100 accounts of one script with 10 versions each. First the calls of hooks
 * while they come into being, then those after a restart of what calls them, then processor and memory of every part at
 * rest, against the parts before there was any account.
 *
 *   node bootstrap.mjs run bench/cluster/rest.ts [accounts, default 100] [versions each, default 10]
 */

import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { Namespace, Pod } from "../../api/builtin.ts";
import { accountLabel } from "../../api/workers/fields.ts";
import { WorkerAccount } from "../../api/workers/worker-account.ts";
import { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { WorkerVersion } from "../../api/workers/worker-version.ts";
import { accountNamespace } from "../../test/cluster/objects.ts";
import { printTable, ratio } from "../table.ts";
import { platform } from "./platform.ts";
import { hookCalls, untilQuiet, usage } from "./usage.ts";

const accounts = Number(process.argv[2] ?? 100);
const versions = Number(process.argv[3] ?? 10);
const restSeconds = 30;

const installed = platform();
const { client } = installed;
const namespace = `rest-${randomBytes(3).toString("hex")}`;

async function createAccount(index: number): Promise<void> {
  const id = randomBytes(16).toString("hex");
  const metadata = (name: string) => ({ name, namespace, labels: { [accountLabel]: id } });
  await client.create(WorkerAccount, {
    apiVersion: "api.cf-worker/v1",
    kind: "WorkerAccount",
    metadata: metadata(id),
    spec: {
      workerBundleName: `workers-${id}`,
      workerReleaseSelector: { matchLabels: { [accountLabel]: id } },
      podTemplate: { imagePullSecret: "" },
      subdomain: `${namespace}-${index}`,
    },
  });
  const script = await client.create(WorkerDeployment, {
    apiVersion: "api.cf-worker/v1",
    kind: "WorkerDeployment",
    metadata: metadata(`script-${index}`),
    spec: { scriptName: "script" },
  } as WorkerDeployment);
  for (let sequence = 1; sequence <= versions; sequence += 1) await createVersion(script, id, sequence);
}

/** As the API makes them: children of the script, so that its hook keeps them. */
async function createVersion({ metadata, kind, apiVersion }: WorkerDeployment, id: string, sequence: number) {
  const { uid = "", name } = metadata;
  await client.create(WorkerVersion, {
    apiVersion: "api.cf-worker/v1",
    kind: "WorkerVersion",
    metadata: {
      name: `${name}-${sequence}`,
      namespace,
      labels: { [accountLabel]: id, "controller-uid": uid },
      ownerReferences: [{ apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }],
    },
    spec: { accounts: id, scripts: "script", url: `accounts/${id}/scripts/script/${sequence}`, sequence },
  } as WorkerVersion);
}

async function counted(what: string, work: () => Promise<void>): Promise<string[]> {
  const before = await hookCalls(client);
  const startedAt = performance.now();
  await work();
  const quietAt = await untilQuiet(client);
  const seconds = (quietAt - startedAt) / 1000;
  const calls = (await hookCalls(client)) - before;
  return [what, `${calls}`, seconds.toFixed(1), (calls / seconds).toFixed(0)];
}

async function restartCaller(): Promise<void> {
  const labelSelector = "app.kubernetes.io/name=metacontroller";
  const { items } = await client.list(Pod, { namespace: "metacontroller", labelSelector });
  for (const { metadata } of items) await client.delete(Pod, metadata);
}

for (const { resource, object } of accountNamespace(namespace, installed)) await client.create(resource, object);
try {
  await untilQuiet(client);
  const empty = await usage(client, restSeconds);
  const calls = [
    await counted("created", async () => {
      for (let index = 0; index < accounts; index += 1) await createAccount(index);
    }),
    await counted(`${installed.driver} restarted`, restartCaller),
  ];
  await delay(1000);
  const full = await usage(client, restSeconds);

  console.log(`${accounts} accounts of ${versions} versions; ${installed.driver}\n`);
  printTable(["", "calls of hooks", "seconds until quiet", "calls/s"], calls);
  console.log("\nat rest, all pods of a part together\n");
  const rows = [...full].map(([part, { milliCpu, mebibytes }]) => {
    const before = empty.get(part) ?? { milliCpu: 0, mebibytes: 0 };
    const growth = before.mebibytes === 0 ? "-" : ratio(mebibytes, before.mebibytes);
    return [part, before.milliCpu, milliCpu, before.mebibytes, mebibytes].map(String).concat(growth);
  });
  printTable(["part", "mCPU, empty", "mCPU", "MiB, empty", "MiB", "MiB/empty"], rows);
} finally {
  await client.delete(Namespace, { name: namespace }, { ignoreNotFound: true });
}
