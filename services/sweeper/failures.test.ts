/** Whatever cannot be seen as a whole means that nothing goes; what cannot be deleted holds up nothing else. */

import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { type BlobStore, openBlobStore } from "../../stores/blob.ts";
import { openImageStore } from "../../stores/image.ts";
import { type TestInstallation, testInstallation } from "../../test/sweeper/installation.ts";
import { account, codeFolder } from "./test-resources.ts";

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function filled(): Promise<TestInstallation & { everything: () => Promise<unknown> }> {
  const installation = await testInstallation();
  await installation.fill();
  const { keys, tags } = installation;
  const own = async () => (await keys()).filter((key) => !key.startsWith("sweeper/"));
  return { ...installation, everything: async () => ({ keys: await own(), tags: await tags() }) };
}

const lists = ["workeraccounts", "secrets", "workerdeployments", "workerversions", "workerreleases"];
const moreLists = ["jobbuilders", "jobs", "workerbundles", "deployments"];
const broken: [string, object][] = [
  ["is cut short", { metadata: { resourceVersion: "1", continue: "more" } }],
  ["has no version", { metadata: {} }],
  ["has no items", { items: undefined }],
  ["is something else", { kind: "Status" }],
];

test.each([...lists, ...moreLists])("nothing goes when %s cannot be listed", async (plural) => {
  const { client, sweeper, everything } = await filled();
  const before = await everything();
  const failing: KubernetesClient = {
    ...client,
    getRaw: (path) => (isList(path, plural) ? Promise.reject(new Error("no")) : client.getRaw(path)),
  };
  await expect(sweeper({ client: failing }).sweep()).rejects.toThrow("no");
  expect(await everything()).toEqual(before);
});

function isList(path: string, plural: string): boolean {
  return path.split("?")[0]?.endsWith(`/${plural}`) ?? false;
}

test.each(broken)("nothing goes when a list %s", async (_, changes) => {
  const { client, sweeper, everything } = await filled();
  const before = await everything();
  const partial: KubernetesClient = {
    ...client,
    async getRaw<T>(path: string) {
      const answer = await client.getRaw<T>(path);
      return isList(path, "workerversions") ? { ...answer, ...changes } : answer;
    },
  };
  await expect(sweeper({ client: partial }).sweep()).rejects.toThrow(/the answer is (no list|only the beginning)/);
  expect(await everything()).toEqual(before);
});

test("nothing goes when the look before the deletion fails", async () => {
  const { client, sweeper, everything } = await filled();
  const before = await everything();
  let looks = 0;
  const failing: KubernetesClient = {
    ...client,
    getRaw(path) {
      if (isList(path, "workerdeployments")) looks += 1;
      return looks > 1 ? Promise.reject(new Error("gone")) : client.getRaw(path);
    },
  };
  await expect(sweeper({ client: failing }).sweep()).rejects.toThrow("gone");
  expect(await everything()).toEqual(before);
});

test("nothing goes when images or blobs cannot be listed", async () => {
  const { sweeper, everything } = await filled();
  const before = await everything();
  const address = await serve((_request, response) => response.writeHead(500).end());
  const openImages = (name: string) => openImageStore(`registry://${address}/x`, name, { dockerConfig: "{}" });
  await expect(sweeper({ openImages }).sweep()).rejects.toThrow(/registry .* answers 500/);
  const keys = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_MAX_ATTEMPTS: "1" };
  const blobStore = await openBlobStore(`s3://bucket/x?endpoint=http://${address}`, keys);
  await expect(sweeper({ blobStore }).sweep()).rejects.toThrow(/the S3 server answers/);
  expect(await everything()).toEqual(before);
});

/** Knows the tags of an account, and deletes nothing. */
const withoutDeletions: RequestListener = (request, response) => {
  const json = (status: number, body: object) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  const path = request.url ?? "";
  if (request.method === "DELETE") json(405, { errors: [{ code: "UNSUPPORTED", message: "no" }] });
  else if (path.includes("/tags/list")) json(200, { tags: path.includes(`/${account}/`) ? ["t2", "t3"] : [] });
  else json(200, { schemaVersion: 2, config: {}, layers: [], of: path });
};

test("a registry without deletions is asked once, and holds up nothing else", async () => {
  const { sweeper } = await filled();
  let asked = 0;
  const address = await serve((request, response) => {
    if (request.method === "DELETE") asked += 1;
    withoutDeletions(request, response);
  });
  const openImages = (name: string) => openImageStore(`registry://${address}/x`, name, { dockerConfig: "{}" });
  const report = await sweeper({ openImages }).sweep();
  expect(report.purgeUnsupported).toEqual([`${account}:t2`, `${account}:t3`]);
  expect(asked).toBeLessThanOrEqual(2); // by digest, and by tag
  expect(report.deleted.image).toEqual([]);
  expect(report.deleted.blob).toHaveLength(3);
});

test("one item that cannot be deleted is reported, and the others go", async () => {
  const { sweeper, blobStore } = await filled();
  const stubborn: BlobStore = {
    ...blobStore,
    async delete(key) {
      if (key.endsWith("m0")) throw new Error("busy");
      await blobStore.delete(key);
    },
  };
  const report = await sweeper({ blobStore: stubborn }).sweep();
  expect(report.failed).toEqual([{ name: `${codeFolder(2)}/m0`, reason: "busy" }]);
  expect(report.deleted.blob).toHaveLength(2);
});
