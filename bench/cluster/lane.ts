/** Deploys of one script through the API, as wrangler sends them, with what happens in between. */

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { Deployment, Job, Namespace } from "../../api/builtin.ts";
import { WorkerVersion } from "../../api/workers/worker-version.ts";
import { createAccount, type NewAccount } from "../../cli/accounts.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import type { InstalledPlatform } from "../../test/cluster/installed.ts";
import { accountNamespace } from "../../test/cluster/objects.ts";
import { type Moments, moments } from "./moments.ts";

export interface Lane {
  namespace: string;
  account: NewAccount;
  moments: Moments;
  /** Milliseconds of each part, and of all. */
  deploy(round: number): Promise<Record<string, number>>;
  close(): Promise<void>;
}

const script = "measured";
export const firstText = "round 0";

/** With a first deploy, which pulls the base and opens the address: only later ones are all alike. */
export async function deployLane(platform: InstalledPlatform & { client: KubernetesClient }): Promise<Lane> {
  const { client } = platform;
  const namespace = `bench-${randomBytes(3).toString("hex")}`;
  for (const { resource, object } of accountNamespace(namespace, platform)) await client.create(resource, object);
  const account = await createAccount(client, namespace, namespace);
  const seen = await moments(client, namespace, [WorkerVersion, Job, Deployment]);
  const host = `${script}.${account.name}.${platform.domain}`;

  await admitted(platform, account);
  await (await upload(platform, account, firstText)).answered;
  await openAddress(platform, account);
  await firstAnswer(platform.router, host, firstText);

  async function deploy(round: number): Promise<Record<string, number>> {
    const text = `round ${round}`;
    const before = new Set((await client.list(Job, { namespace })).items.map(({ metadata }) => metadata.name));
    const generation = (await client.list(Deployment, { namespace })).items[0]?.metadata.generation ?? 0;
    const versions = (await client.list(WorkerVersion, { namespace })).items.length;
    const isNew = ({ metadata }: Job) => !before.has(metadata.name);

    const { sentAt, answered } = await upload(platform, account, text);
    const reached = {
      upload: seen.first(WorkerVersion, ({ spec }) => (spec.sequence ?? 0) > versions),
      "version to Job": seen.first(Job, isNew),
      Job: seen.first(Job, (job) => isNew(job) && isComplete(job)),
      "Job to rollout": seen.first(Deployment, ({ metadata }) => (metadata.generation ?? 0) > generation),
      rollout: firstAnswer(platform.router, host, text),
    };
    const sample: Record<string, number> = {};
    let last = sentAt;
    for (const [part, moment] of Object.entries(reached)) {
      const at = await moment;
      sample[part] = at - last;
      last = at;
    }
    sample.all = last - sentAt;
    sample["until wrangler is told"] = (await answered) - sentAt;
    return sample;
  }

  return {
    namespace,
    account,
    moments: seen,
    deploy,
    close: async () => {
      seen.close();
      await client.delete(Namespace, { name: namespace }, { ignoreNotFound: true });
    },
  };
}

export function isComplete({ status }: Job): boolean {
  return status?.conditions?.some(({ type, status }) => type === "Complete" && status === "True") ?? false;
}

async function upload({ apiBaseUrl }: InstalledPlatform, { id, token }: NewAccount, text: string) {
  const form = new FormData();
  form.set("metadata", JSON.stringify({ main_module: "index.js", compatibility_date: "2026-01-01", bindings: [] }));
  const code = `export default { fetch() { return new Response(${JSON.stringify(text)}); } };`;
  form.set("index.js", new Blob([code], { type: "application/javascript+module" }), "index.js");
  const body = new Request("http://localhost", { method: "PUT", body: form });
  const bytes = Buffer.from(await body.arrayBuffer());
  const headers = {
    authorization: `Bearer ${token}`,
    "content-type": body.headers.get("content-type") ?? "",
    "content-length": bytes.length,
  };
  const call = request(`${apiBaseUrl}/accounts/${id}/workers/scripts/${script}`, { method: "PUT", headers });
  const answered = once(call, "response").then(([response]) => {
    response.resume();
    if (response.statusCode !== 200) throw new Error(`the upload was answered with ${response.statusCode}`);
    return performance.now();
  });
  call.end(bytes);
  await once(call, "finish");
  return { sentAt: performance.now(), answered };
}

/** Resolves when every replica of the API lets the account in: they learn of it one by one. */
async function admitted({ apiBaseUrl }: InstalledPlatform, { id, token }: NewAccount): Promise<void> {
  const end = performance.now() + 30_000;
  for (let inRow = 0; inRow < 10; ) {
    const answer = await fetch(`${apiBaseUrl}/accounts/${id}`, { headers: { authorization: `Bearer ${token}` } });
    inRow = answer.ok ? inRow + 1 : 0;
    if (performance.now() > end) throw new Error(`the API does not let the account in: ${await answer.text()}`);
    await delay(20);
  }
}

/** As wrangler does after the first upload of a script. */
async function openAddress({ apiBaseUrl }: InstalledPlatform, { id, token }: NewAccount): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const url = `${apiBaseUrl}/accounts/${id}/workers/scripts/${script}/subdomain`;
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify({ enabled: true }) });
  if (!answer.ok) throw new Error(`the address was not opened: ${await answer.text()}`);
}

/** Asks as often as the answers come, with a short pause: the path itself is not what is measured. */
export async function firstAnswer(url: string, host: string, text: string): Promise<number> {
  const end = performance.now() + 90_000;
  while (performance.now() < end) {
    if ((await ask(url, host)) === text) return performance.now();
    await delay(5);
  }
  throw new Error(`${host} did not answer ${JSON.stringify(text)}`);
}

function ask(url: string, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const call = request(url, { headers: { host }, timeout: 2_000 }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => resolve(text));
    });
    call.on("timeout", () => call.destroy());
    call.on("error", () => resolve(undefined));
    call.end();
  });
}
