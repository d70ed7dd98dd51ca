import { expect, test } from "vitest";
import { Deployment, Secret } from "../../api/builtin.ts";
import { WorkerVersion } from "../../api/workers/worker-version.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import type { BlobStore } from "../../stores/blob.ts";
import { testInstallation } from "../../test/sweeper/installation.ts";
import { account, codeFolder, deployment, digest, namespace, version } from "./test-resources.ts";

const graceSeconds = 3600;

test("what nothing references goes; what is referenced, foreign or a user's stays", async () => {
  const { fill, sweeper, keys, tags, client } = await testInstallation();
  await fill();

  expect(await sweeper().sweep()).toEqual({
    examined: { blob: 5, image: 2, secret: 2 },
    deleted: {
      blob: [`${codeFolder(2)}/m0`, `layers/${account}/${digest(2)}-1.0.json`, `reports/${account}/old.json`],
      image: [`${account}:t2`],
      secret: [`${namespace}/worker-v2`],
    },
    failed: [],
    purgeUnsupported: [],
  });
  expect(await keys()).toEqual([`${codeFolder(1)}/m0`, `layers/${account}/${digest(1)}-1.0.json`, "somebody/else"]);
  expect(await tags()).toEqual(["t1"]);
  expect((await client.list(Secret)).items.map((secret) => secret.metadata.name).sort()).toEqual([
    "of-a-user",
    "worker-v1",
    "worker-v3",
  ]);
});

test("within the grace period nothing goes; a blob that is older than it does", async () => {
  const { fill, sweeper, keys, age } = await testInstallation();
  await fill();
  const before = await keys();
  expect((await sweeper({ graceSeconds }).sweep()).deleted).toEqual({ blob: [], image: [], secret: [] });
  expect(await keys()).toEqual([...before, `sweeper/marks/${account}/t2`].sort());

  await age(`${codeFolder(2)}/m0`);
  const { deleted } = await sweeper({ graceSeconds }).sweep();
  expect(deleted).toEqual({ blob: [`${codeFolder(2)}/m0`], image: [], secret: [] });
});

test("images of an account of which nothing else is left go when their mark is old", async () => {
  const { pushImage, blobStore, age, sweeper, keys } = await testInstallation();
  await pushImage("t1");
  await blobStore.put(`sweeper/marks/${account}/t1`, "");
  await age(`sweeper/marks/${account}/t1`);
  expect((await sweeper({ graceSeconds }).sweep()).deleted.image).toEqual([`${account}:t1`]);
  expect(await keys()).toEqual([]);
});

test("an image that is needed again has no age when it is needed no more", async () => {
  const { pushImage, blobStore, age, sweeper, tags, client } = await testInstallation();
  await pushImage("t1");
  await blobStore.put(`reports/${account}/new.json`, "{}");
  const sweep = () => sweeper({ graceSeconds }).sweep();
  await sweep();
  await age(`sweeper/marks/${account}/t1`);
  await client.create(Deployment, deployment("d", `octoplane.local/${account}:t1`, "s"));
  await sweep();
  await client.delete(Deployment, { namespace, name: "d" });
  expect((await sweep()).deleted.image).toEqual([]);
  expect(await tags()).toEqual(["t1"]);
});

test("what becomes referenced between the two looks stays", async () => {
  const { fill, sweeper, client } = await testInstallation();
  await fill();
  let lists = 0;
  const late: KubernetesClient = {
    ...client,
    async getRaw<T>(path: string) {
      const answer = await client.getRaw<T>(path);
      if (path.endsWith("/workerversions") && ++lists === 1) {
        const spec = { url: codeFolder(2), digest: digest(2), secretRef: "worker-v2" };
        await client.create(WorkerVersion, version("v2", spec));
      }
      return answer;
    },
  };
  const { deleted } = await sweeper({ client: late }).sweep();
  expect(deleted).toEqual({ blob: [`reports/${account}/old.json`], image: [`${account}:t2`], secret: [] });
});

test("a blob that is written again after the inventory stays", async () => {
  const { fill, sweeper, keys, age, blobStore } = await testInstallation();
  await fill();
  await age(`${codeFolder(2)}/m0`);
  const touched: BlobStore = {
    ...blobStore,
    async head(key) {
      await blobStore.put(key, "code");
      return blobStore.head(key);
    },
  };
  expect((await sweeper({ graceSeconds, blobStore: touched }).sweep()).deleted.blob).toEqual([]);
  expect(await keys()).toContain(`${codeFolder(2)}/m0`);
});

test("the record of a layer stays while an image has the layer, and goes with the last one", async () => {
  const { pushImage, blobStore, sweeper, keys, client } = await testInstallation();
  const record = `layers/${account}/${digest(7)}-1.0.json`;
  await blobStore.put(record, JSON.stringify({ digest: await pushImage("t1", "a template's code"), size: 1 }));
  await blobStore.put(`layers/${account}/${digest(8)}-1.0.json`, "not readable");
  await client.create(Deployment, deployment("d", `octoplane.local/${account}:t1`, "s"));
  await sweeper().sweep();
  expect(await keys()).toEqual([record]);

  await client.delete(Deployment, { namespace, name: "d" });
  await sweeper().sweep();
  expect(await keys()).toEqual([]);
});

test("sweeps that are asked for at the same time are one", async () => {
  const { sweeper } = await testInstallation();
  const both = sweeper();
  const [first, second] = await Promise.all([both.sweep(), both.sweep()]);
  expect(second).toBe(first);
});

test("two sweepers at once delete what one would, and do not stand in each other's way", async () => {
  const { fill, sweeper, keys, tags, pushImage, blobStore } = await testInstallation();
  await fill();
  for (let n = 0; n < 20; n += 1) {
    await pushImage(`more-${n}`);
    await blobStore.put(`reports/${account}/more-${n}.json`, "{}");
  }
  const reports = await Promise.all([sweeper().sweep(), sweeper().sweep()]);
  expect(reports.flatMap(({ failed }) => failed)).toEqual([]);
  await sweeper().sweep();
  expect(await keys()).toEqual([`${codeFolder(1)}/m0`, `layers/${account}/${digest(1)}-1.0.json`, "somebody/else"]);
  expect(await tags()).toEqual(["t1"]);
});

test("with an interval it sweeps by itself", async () => {
  const { fill, sweeper, keys } = await testInstallation();
  await fill();
  const swept = Promise.withResolvers<void>();
  const log = { info: () => swept.resolve(), warn: () => undefined };
  const started = sweeper({ intervalSeconds: 0.01, log });
  await swept.promise;
  await started.close();
  expect(await keys()).not.toContain(`${codeFolder(2)}/m0`);
});
