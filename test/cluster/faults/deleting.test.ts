/** Accounts and namespaces end while parts of the platform are away, and what is stored of them goes when they are back. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, expect, inject, test } from "vitest";
import { ConfigMap, Event, type Job, Secret } from "../../../api/builtin.ts";
import { connect, type KubernetesClient } from "../../../kubernetes/client.ts";
import {
  type Account,
  accountGone,
  deleteAccount,
  deleteNamespace,
  livingAccount,
  namespaceGone,
  stored,
} from "../ending.ts";
import { crash, restart } from "../harness/cluster.ts";
import { nodeAddress } from "../harness/network.ts";
import { waitFor } from "../harness/wait.ts";
import type { InstalledPlatform } from "../installed.ts";
import { octoplaneStatus } from "../patience.ts";
import { driver, hookServer, type Program, router, system, takeAway, workersApi } from "../platform.ts";
import { sweep } from "../sweeping.ts";

const platform = inject("cluster") as InstalledPlatform;
let client: KubernetesClient;
beforeAll(() => {
  client = connect({ kubeconfig: platform.kubeconfig });
});

/** What brings back a part that a test took away. */
type BringBack = () => void | Promise<void>;

const returned: BringBack[] = [];
afterEach(async () => {
  await Promise.all(returned.splice(0).map((bringBack) => bringBack()));
});

const ended: Account[] = [];
afterAll(async () => {
  await Promise.all(ended.map(({ world }) => world.close()));
});

/** @param url where it answers when it is back */
function crashed(process: string, url: string | undefined): BringBack {
  crash(process);
  return async () => {
    restart(process);
    await waitFor(() => fetch(`${url}`), { what: process });
  };
}

async function without(...programs: Program[]): Promise<void> {
  returned.push(...(await Promise.all(programs.map((program) => takeAway(client, program)))));
}

async function withoutTheRest(): Promise<void> {
  await without(workersApi, router);
  returned.push(crashed("registry-accounts", `http://${platform.accountsRegistry}`));
  returned.push(crashed("s3", platform.blobStoreEnv.AWS_ENDPOINT_URL));
}

const parts: [name: string, takeAway: () => Promise<void>][] = [
  ["what calls the hooks", () => without(driver)],
  ["the hook server", () => without(hookServer)],
  ["the Workers API, the router, the registry and the S3 server", withoutTheRest],
];

/** Two for each part: they live while everything is there. */
let living: [account: Account, inNamespace: Account][] = [];
beforeAll(async () => {
  living = await Promise.all(parts.map(() => Promise.all([livingAccount(), livingAccount()])));
  ended.push(...living.flat());
}, 300_000);

test.each(parts.map((part, index) => [...part, index] as const))(
  "without %s",
  async (_, takeAway, index) => {
    const [one, other] = living[index] ?? [];
    if (one === undefined || other === undefined) throw new Error("there are too few accounts");
    await takeAway();
    await Promise.all([deleteAccount(one), deleteNamespace(other)]);
    await Promise.all([accountGone(one), namespaceGone(other)]);
    await deleteNamespace(one);
  },
  400_000,
);

test("the namespaces of accounts that had ended go as well", async () => {
  await Promise.all(living.map(([one]) => namespaceGone(one)));
}, 200_000);

test("a sweep without grace leaves nothing of them", async () => {
  expect(await stored(ended)).not.toEqual([]);
  await sweep(client, 0);
  await sweep(client, 0); // whatever had a reference when the first one looked
  expect(await stored(ended)).toEqual([]);
}, 200_000);

/** The accounts' registry, without deletions. @returns its `host:port` */
async function keepingRegistry(): Promise<string> {
  const { accountsRegistry } = platform;
  const server = createServer(async ({ method = "GET", url = "/", headers }, response) => {
    if (method === "DELETE") return response.writeHead(405).end();
    const { authorization = "", accept = "*/*" } = headers;
    const answer = await fetch(`http://${accountsRegistry}${url}`, { method, headers: { authorization, accept } });
    const { "content-encoding": _, "transfer-encoding": __, ...rest } = Object.fromEntries(answer.headers);
    response.writeHead(answer.status, rest).end(method === "HEAD" ? undefined : await answer.bytes());
  });
  await new Promise<void>((listening) => server.listen(0, nodeAddress, listening));
  returned.push(() => void server.close());
  return `${nodeAddress}:${(server.address() as AddressInfo).port}`;
}

/** Objects of the sweeper's Job that lead it to another registry. */
async function leadTo(registry: string): Promise<(job: Job) => void> {
  const name = "sweep-a-keeping-registry";
  const change = (job: Job) => {
    for (const volume of job.spec?.template.spec?.volumes ?? []) {
      if (volume.name === "settings" && volume.configMap) volume.configMap.name = name;
      if (volume.name === "registry" && volume.secret) volume.secret.secretName = name;
    }
  };
  const { items } = await client.list(ConfigMap, { namespace: system });
  const settings = items.find(({ data }) => data?.["settings.yaml"]?.includes(platform.accountsRegistry));
  const text = settings?.data?.["settings.yaml"]?.replaceAll(platform.accountsRegistry, registry) ?? "";
  const config = JSON.stringify({ auths: { [registry]: platform.registryUser } });
  const data = { ".dockerconfigjson": Buffer.from(config).toString("base64") };
  const metadata = { name, namespace: system };
  const type = "kubernetes.io/dockerconfigjson";
  await client.create(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata, data: { "settings.yaml": text } });
  await client.create(Secret, { apiVersion: "v1", kind: "Secret", metadata, type, data });
  returned.push(async () => {
    await client.delete(ConfigMap, metadata);
    await client.delete(Secret, metadata);
  });
  return change;
}

interface Report {
  conditions: { type: string; status: string; message: string }[];
  purgeUnsupported: string[];
}

async function report(): Promise<Report> {
  const stored = await client.get(ConfigMap, { namespace: system, name: "octoplane-sweep-report" });
  return JSON.parse(stored?.data?.["report.json"] ?? "{}") as Report;
}

test("a registry that deletes nothing: PurgeUnsupported, and everything else goes", async () => {
  const account = await livingAccount();
  ended.push(account);
  const [tag = ""] = await account.images.tags();
  await deleteAccount(account);
  await accountGone(account);

  await sweep(client, 0, await leadTo(await keepingRegistry()));
  const image = `${account.world.account.id}:${tag}`;
  const { conditions, purgeUnsupported } = await report();
  expect(purgeUnsupported).toContainEqual(expect.stringContaining(image));
  expect(conditions).toContainEqual(expect.objectContaining({ type: "PurgeUnsupported", status: "True" }));
  const { items } = await client.list(Event, { namespace: system });
  expect(items).toContainEqual(expect.objectContaining({ type: "Warning", reason: "PurgeUnsupported" }));
  expect(await octoplaneStatus({ ...platform, namespace: system })).toMatch(
    new RegExp(`PurgeUnsupported[\\s\\S]*${image}`),
  );
  const left = await stored([account]);
  expect(left.filter((name) => name.includes("/"))).toEqual([]);
  expect(left).toContain(tag);

  await sweep(client, 0);
  expect(await stored([account])).toEqual([]);
  expect((await report()).conditions).toContainEqual(
    expect.objectContaining({ type: "PurgeUnsupported", status: "False" }),
  );
  expect(await octoplaneStatus({ ...platform, namespace: system })).not.toContain(image);
}, 300_000);
