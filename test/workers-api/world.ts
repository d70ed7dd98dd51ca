/** The Workers API before a real API server and a real blob store; the hooks are played. */

import { globSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parse } from "yaml";
import { Namespace, Secret } from "../../api/builtin.ts";
import type { KubernetesObject, Resource } from "../../api/resource.ts";
import { hashToken, newToken } from "../../api/workers/token.ts";
import { WorkerAccount } from "../../api/workers/worker-account.ts";
import { connect, type KubernetesClient } from "../../kubernetes/client.ts";
import { startApiServer } from "../../local/apiserver/start.ts";
import { startWorkersApi, type WorkersApiOptions } from "../../services/workers-api/start.ts";
import { type BlobStore, openBlobStore } from "../../stores/blob.ts";
import { type PlayedHooks, playHooks, ready } from "./hooks.ts";

export const accountId = "0123456789abcdef0123456789abcdef";

/** For what is true in a moment, also on a machine that has much else to do. */
export const soon = { timeout: 10_000, interval: 10 };

export interface Answer {
  status: number;
  retryAfter: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: the tests look into answers of every shape
  result: any;
  errors: { code: number; message: string }[];
  messages: { message: string }[];
  // biome-ignore lint/suspicious/noExplicitAny: as above
  info: any;
}

/** One Workers API. */
export interface Replica {
  url: string;
  adminUrl: string;
  /** `path` below `/client/v4`; `~` stands for the account's own path. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  close(): Promise<void>;
}

export interface World extends Replica {
  client: KubernetesClient;
  blobs: BlobStore;
  hooks: PlayedHooks;
  token: string;
  /** Runs `task` while there is no API server; then it is back as it was. */
  outage<T>(task: () => Promise<T>): Promise<T>;
  /** A second Workers API on the same resources and blobs; it must be closed before the world. */
  replica(options?: WorldOptions): Promise<Replica>;
}

export interface WorldOptions extends Partial<Omit<WorkersApiOptions, "client">> {
  /** What the API sees of the cluster. */
  seenThrough?: (client: KubernetesClient) => KubernetesClient;
}

const crdResource: Resource<KubernetesObject> = {
  group: "apiextensions.k8s.io",
  version: "v1",
  kind: "CustomResourceDefinition",
  plural: "customresourcedefinitions",
  namespaced: false,
};

async function installKinds(client: KubernetesClient): Promise<void> {
  const folder = join(import.meta.dirname, "../../manifests/crds");
  const files = globSync("*.yaml", { cwd: folder });
  const crds = files.map((file) => parse(readFileSync(join(folder, file), "utf8")) as KubernetesObject);
  await Promise.all(crds.map((crd) => client.create(crdResource, crd)));
  await client.mergePatch(
    Namespace,
    { name: "default" },
    { metadata: { labels: { "octoplane.io/workers": "enabled" } } },
  );
}

export async function createAccount(client: KubernetesClient, id: string, namespace = "default"): Promise<string> {
  await client.create(WorkerAccount, {
    apiVersion: "api.cf-worker/v1",
    kind: "WorkerAccount",
    metadata: { name: id, namespace },
    spec: {
      workerBundleName: "workers",
      workerReleaseSelector: { matchLabels: { accounts: id } },
      podTemplate: { imagePullSecret: "" },
      displayName: "Acme",
      subdomain: "acme",
    },
  });
  await client.mergePatch(
    WorkerAccount,
    { namespace, name: id },
    { status: { subdomain: "acme", conditions: [ready] } },
    { subresource: "status" },
  );
  return addToken(client, id, namespace);
}

export async function addToken(
  client: KubernetesClient,
  account: string,
  namespace: string,
  name = "ci",
): Promise<string> {
  const token = newToken();
  await client.create(Secret, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: `tokens-${account.slice(0, 8)}-${name}`,
      namespace,
      labels: { accounts: account, "octoplane.io/workers-token": "true" },
    },
    type: "Opaque",
    data: { [name]: Buffer.from(hashToken(token)).toString("base64") },
  });
  return token;
}

/** Resolves when everything listens and the account is known. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), "octoplane-api-"));
  const dataFile = join(folder, "cluster.sqlite");
  let apiServer = await startApiServer({ dataFile });
  const client = connect({ url: apiServer.url, token: apiServer.token });
  await installKinds(client);
  const token = await createAccount(client, accountId);
  const hooks = playHooks(client, accountId);
  const blobs = await openBlobStore(pathToFileURL(join(folder, "blobs")).href);
  const replica = (more: WorldOptions = {}) => startReplica(client, token, { blobStore: blobs, ...more });
  const first = await replica(options);

  return {
    ...first,
    client,
    blobs,
    hooks,
    token,
    replica,
    async outage(task) {
      const { url, token: same } = apiServer;
      await apiServer.close();
      try {
        return await task();
      } finally {
        apiServer = await startApiServer({ dataFile, token: same, port: Number(new URL(url).port) });
        await client.getRaw("/version"); // a read notices that the old connections are dead, and goes again
      }
    },
    async close() {
      await first.close();
      hooks.close();
      await apiServer.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startReplica(
  client: KubernetesClient,
  token: string,
  { seenThrough = (seen) => seen, blobStore, ...options }: WorldOptions & { blobStore: BlobStore },
): Promise<Replica> {
  const {
    url,
    adminUrl = "",
    close,
  } = await startWorkersApi({
    client: seenThrough(client),
    blobStore,
    port: 0,
    adminPort: 0,
    domain: "example.test",
    urlScheme: "http",
    urlPort: 8080,
    holdMs: 10_000,
    ...options,
  });
  return { url, adminUrl, close, call: (method, path, body, headers) => call(url, token, method, path, body, headers) };
}

async function call(
  url: string,
  token: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const init: RequestInit = { method, headers: { Authorization: `Bearer ${token}`, ...headers } };
  if (body !== undefined)
    init.body = body instanceof FormData || typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(`${url}/client/v4${path.replace(/^~/, `/accounts/${accountId}`)}`, init);
  const text = await response.text();
  const { result, errors, messages, result_info: info } = JSON.parse(text);
  return { status: response.status, retryAfter: response.headers.get("retry-after"), result, errors, messages, info };
}

export interface Part {
  name: string;
  content: string | Uint8Array;
  type?: string;
}

export const hello = 'export default { fetch() { return new Response("hello"); } };';

/** An upload as wrangler makes it: module names are part names and file names. */
export function upload(
  metadata: object,
  parts: Part[] = [{ name: "index.js", content: hello }],
  field = "metadata",
): FormData {
  const form = new FormData();
  form.set(field, JSON.stringify(metadata));
  for (const { name, content, type = "application/javascript+module" } of parts) {
    form.set(name, new File([content as Uint8Array<ArrayBuffer>], name, { type }), name);
  }
  return form;
}

export function moduleUpload(metadata: object = {}, parts?: Part[]): FormData {
  return upload({ main_module: "index.js", compatibility_date: "2026-01-01", ...metadata }, parts);
}
