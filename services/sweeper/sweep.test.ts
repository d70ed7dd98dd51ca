import { mkdtemp, rm, utimes } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Secret } from "../../api/builtin.ts";
import { CustomResourceDefinition, crdOf } from "../../api/crd.ts";
import { WorkerRelease } from "../../api/workers/worker-release.ts";
import { WorkerVersion } from "../../api/workers/worker-version.ts";
import { composites, records } from "../../hooks/composites.ts";
import { connect, type KubernetesClient } from "../../kubernetes/client.ts";
import { startApiServer } from "../../local/apiserver/start.ts";
import { type BlobStore, openBlobStore } from "../../stores/blob.ts";
import { PurgeUnsupported } from "../../stores/error.ts";
import { digestOf, type ImageStore, openImageStore } from "../../stores/image.ts";
import { type Sweeper, startSweeper } from "./start.ts";
import { account, codeFolder, digest, namespace, release, version } from "./test-resources.ts";

interface Installation {
  client: KubernetesClient;
  blobStore: BlobStore;
  openImages: (account: string) => Promise<ImageStore>;
}

const closings: (() => Promise<void>)[] = [];
let folder: string;
let installation: Installation;
/** An object that exists, so that no garbage collector comes first. */
let ownerUid: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "octoplane-sweeper-"));
  const apiServer = await startApiServer({ dataFile: ":memory:" });
  const client = connect({ url: apiServer.url, token: apiServer.token });
  for (const kind of [...composites.map(({ parent }) => parent), ...records]) {
    await client.create(CustomResourceDefinition, crdOf(kind));
  }
  const blobStore = await openBlobStore(pathToFileURL(join(folder, "blobs")).href);
  installation = { client, blobStore, openImages: (name) => openImageStore(`oci:${join(folder, "images")}`, name) };
  closings.push(
    () => apiServer.close(),
    () => rm(folder, { recursive: true }),
  );
});

afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});

function sweeper(graceSeconds: number, changes: Partial<Installation> = {}): Sweeper {
  const started = startSweeper({ ...installation, ...changes, graceSeconds, intervalSeconds: 0 });
  closings.push(() => started.close());
  return started;
}

async function keys(): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of installation.blobStore.list("")) found.push(key);
  return found;
}

async function pushImage(tag: string): Promise<void> {
  const images = await installation.openImages(account);
  const config = Buffer.from(JSON.stringify({ tag }));
  await images.putBlob(digestOf(config), config);
  const manifest = {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: digestOf(config), size: config.length },
    layers: [],
  };
  await images.putManifest(tag, Buffer.from(JSON.stringify(manifest)), manifest.mediaType);
}

/** As the API makes them, for a version that need not be there. */
async function makeSecret(name: string, owner: string, immutable = true): Promise<void> {
  const ownerReferences = [{ apiVersion: "api.cf-worker/v1", kind: "WorkerVersion", name: owner, uid: ownerUid }];
  const labels = { accounts: account };
  await installation.client.create(Secret, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace, labels, ownerReferences },
    immutable,
  });
}

async function fill(): Promise<void> {
  const { client, blobStore } = installation;
  const owner = await client.create(WorkerVersion, version("owner", { url: codeFolder(9), digest: digest(9) }));
  ownerUid = owner.metadata.uid ?? "";
  for (const n of [1, 2]) {
    await blobStore.put(`${codeFolder(n)}/m0`, "code");
    await blobStore.put(`layers/${account}/${digest(n)}-1.0.json`, "{}");
    await pushImage(`t${n}`);
    await makeSecret(`worker-v${n}`, `v${n}`);
  }
  await blobStore.put(`reports/${account}/old.json`, "{}");
  await blobStore.put("somebody/else", "untouched");
  await makeSecret("worker-v3", "v3", false);
  await makeSecret("of-a-user", "v4");
  await client.create(WorkerVersion, version("v1", { url: codeFolder(1), digest: digest(1), secretRef: "worker-v1" }));
  await client.create(WorkerRelease, release("r1", { image: `octoplane.local/${account}:t1` }));
}

test("what nothing references goes; what is referenced, foreign or a user's stays", async () => {
  await fill();
  const report = await sweeper(0).sweep();

  expect(report).toEqual({
    examined: { blob: 5, image: 2, secret: 2 },
    deleted: {
      blob: [`${codeFolder(2)}/m0`, `layers/${account}/${digest(2)}-1.0.json`, `reports/${account}/old.json`],
      image: [`${account}:t2`],
      secret: [`${namespace}/worker-v2`],
    },
    failed: [],
    purgeUnsupported: [],
  });
  expect(await keys()).toEqual([
    `${codeFolder(1)}/m0`,
    `layers/${account}/${digest(1)}-1.0.json`,
    "somebody/else",
    "sweeper/marks.json",
  ]);
  expect(await (await installation.openImages(account)).tags()).toEqual(["t1"]);
  expect((await installation.client.list(Secret)).items.map((secret) => secret.metadata.name).sort()).toEqual([
    "of-a-user",
    "worker-v1",
    "worker-v3",
  ]);
});

test("within the grace period nothing goes; a blob that is older than it does", async () => {
  await fill();
  const before = await keys();
  expect((await sweeper(3600).sweep()).deleted).toEqual({ blob: [], image: [], secret: [] });
  expect(await keys()).toEqual([...before, "sweeper/marks.json"].sort());

  const longAgo = new Date(Date.now() - 7200_000);
  await utimes(join(folder, "blobs", codeFolder(2), "m0"), longAgo, longAgo);
  expect((await sweeper(3600).sweep()).deleted).toEqual({ blob: [`${codeFolder(2)}/m0`], image: [], secret: [] });
});

test("images of an account of which nothing else is left go when their mark is old", async () => {
  await pushImage("t1");
  const mark = new Date(Date.now() - 7200_000).toISOString();
  await installation.blobStore.put("sweeper/marks.json", JSON.stringify({ [`${account}:t1`]: mark }));
  expect((await sweeper(3600).sweep()).deleted.image).toEqual([`${account}:t1`]);
  await sweeper(3600).sweep();
  expect(Buffer.from((await installation.blobStore.get("sweeper/marks.json")) ?? []).toString()).toBe("{}");
});

test("what becomes referenced between the two looks stays", async () => {
  await fill();
  const { client } = installation;
  let lists = 0;
  const late: KubernetesClient = {
    ...client,
    async list(resource, ...rest) {
      const answer = await client.list(resource, ...rest);
      if (resource.kind === "WorkerVersion" && ++lists === 1) {
        await client.create(
          WorkerVersion,
          version("v2", { url: codeFolder(2), digest: digest(2), secretRef: "worker-v2" }),
        );
      }
      return answer;
    },
  };
  const { deleted } = await sweeper(0, { client: late }).sweep();
  expect(deleted).toEqual({ blob: [`reports/${account}/old.json`], image: [`${account}:t2`], secret: [] });
});

test("a blob that is written again after the inventory stays", async () => {
  await fill();
  const longAgo = new Date(Date.now() - 7200_000);
  await utimes(join(folder, "blobs", codeFolder(2), "m0"), longAgo, longAgo);
  const { blobStore } = installation;
  const touched: BlobStore = {
    ...blobStore,
    async head(key) {
      await blobStore.put(key, "code");
      return blobStore.head(key);
    },
  };
  expect((await sweeper(3600, { blobStore: touched }).sweep()).deleted.blob).toEqual([]);
  expect(await keys()).toContain(`${codeFolder(2)}/m0`);
});

test("an API server that fails halfway through its lists means that nothing goes", async () => {
  await fill();
  const before = await keys();
  const failing = createServer((request, response) => {
    const isLast = request.url?.endsWith("/deployments");
    response.writeHead(isLast ? 500 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify({ items: [], metadata: {} }));
  });
  await new Promise<void>((resolve) => failing.listen(0, "127.0.0.1", resolve));
  closings.push(async () => void failing.close());
  const client = connect({ url: `http://127.0.0.1:${(failing.address() as AddressInfo).port}` });

  await expect(sweeper(0, { client }).sweep()).rejects.toMatchObject({ status: 500 });
  expect(await keys()).toEqual(before);
  expect(await (await installation.openImages(account)).tags()).toEqual(["t1", "t2"]);
});

test("a registry without deletions is reported once per image, and holds up nothing else", async () => {
  await fill();
  let asked = 0;
  await pushImage("t3");
  const openImages = async (name: string): Promise<ImageStore> => ({
    ...(await installation.openImages(name)),
    async deleteTag(tag) {
      asked += 1;
      throw new PurgeUnsupported(tag);
    },
  });
  const report = await sweeper(0, { openImages }).sweep();
  expect(report.purgeUnsupported).toEqual([`${account}:t2`, `${account}:t3`]);
  expect(asked).toBe(1);
  expect(report.deleted.image).toEqual([]);
  expect(report.deleted.blob).toHaveLength(3);
});

test("one item that cannot be deleted is reported, and the others go", async () => {
  await fill();
  const { blobStore } = installation;
  const stubborn: BlobStore = {
    ...blobStore,
    async delete(key) {
      if (key.endsWith("m0")) throw new Error("busy");
      await blobStore.delete(key);
    },
  };
  const report = await sweeper(0, { blobStore: stubborn }).sweep();
  expect(report.failed).toEqual([{ name: `${codeFolder(2)}/m0`, reason: "busy" }]);
  expect(report.deleted.blob).toHaveLength(2);
});

test("sweeps that are asked for at the same time are one", async () => {
  const both = sweeper(0);
  const [first, second] = await Promise.all([both.sweep(), both.sweep()]);
  expect(second).toBe(first);
});

test("with an interval it sweeps by itself", async () => {
  await fill();
  const swept = Promise.withResolvers<void>();
  const started = startSweeper({
    ...installation,
    graceSeconds: 0,
    intervalSeconds: 0.01,
    log: { info: () => swept.resolve(), warn: () => undefined },
  });
  await swept.promise;
  await started.close();
  expect(await keys()).not.toContain(`${codeFolder(2)}/m0`);
});
