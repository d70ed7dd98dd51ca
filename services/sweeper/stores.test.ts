/** What is left of an account that was deleted: nothing, in folders as in a real S3 server and a real registry. */

import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { Namespace } from "../../api/builtin.ts";
import { WorkerAccount } from "../../api/workers/worker-account.ts";
import { WorkerRelease } from "../../api/workers/worker-release.ts";
import { WorkerVersion } from "../../api/workers/worker-version.ts";
import { digestOf } from "../../stores/image.ts";
import { type StoreUrls, type TestInstallation, testInstallation } from "../../test/sweeper/installation.ts";
import { account, metadata, namespace, release, version } from "./test-resources.ts";

const { TEST_S3_URL, TEST_REGISTRY_URL } = process.env;

const worlds: [string, StoreUrls | undefined][] = [
  ["folders", undefined],
  ["S3 and a registry (needs TEST_S3_URL and TEST_REGISTRY_URL)", real()],
];

function real(): StoreUrls | undefined {
  if (TEST_S3_URL === undefined || TEST_REGISTRY_URL === undefined) return undefined;
  return { blobStore: below(TEST_S3_URL), imageStore: below(TEST_REGISTRY_URL) };
}

/** A folder of its own, before the URL's parameters. */
function below(url: string): string {
  const [path, query] = url.split("?");
  return `${path}/sweeper-${randomUUID()}${query === undefined ? "" : `?${query}`}`;
}

/** An account that has everything an account can have, in use and not. */
async function inhabited(urls: StoreUrls | undefined): Promise<TestInstallation> {
  const installation = await testInstallation(urls);
  const { client, fill, pushImage } = installation;
  await client.create(WorkerAccount, {
    apiVersion: "api.cf-worker/v1",
    kind: "WorkerAccount",
    metadata: metadata(account),
    spec: { workerBundleName: "b", workerReleaseSelector: {}, podTemplate: { imagePullSecret: "" } },
  });
  await fill();
  await pushImage("same-as-t1", "t1");
  return installation;
}

const departures: [string, (installation: TestInstallation) => Promise<unknown>][] = [
  [
    "its resources",
    async ({ client }) => {
      await client.delete(WorkerAccount, metadata(account));
      for (const name of ["v1", "owner"]) await client.delete(WorkerVersion, metadata(name));
      await client.delete(WorkerRelease, metadata("r1"));
    },
  ],
  ["its namespace", ({ client }) => client.delete(Namespace, { name: namespace })],
];

for (const [where, urls] of worlds) {
  const known = test.skipIf(where !== "folders" && urls === undefined);
  known.each(departures)(`an account that goes with %s leaves nothing in ${where}`, async (_, leave) => {
    const installation = await inhabited(urls);
    const { sweeper, keys, tags, openImages } = installation;
    const images = await openImages(account);
    const manifests = await Promise.all((await tags()).map(async (tag) => (await images.getManifest(tag))?.bytes));
    expect(manifests).toHaveLength(3);
    await leave(installation);
    await sweeper().sweep();
    expect(await keys()).toEqual(["somebody/else"]);
    expect(await tags()).toEqual([]);
    for (const bytes of manifests) expect(await images.getManifest(digestOf(bytes ?? ""))).toBeUndefined();
  });
}

test.runIf(real())("what is in use stays in S3 and a registry", async () => {
  const { client, sweeper, fill, tags, keys } = await testInstallation(real());
  await fill();
  await client.create(WorkerVersion, version("v2"));
  await client.create(WorkerRelease, release("r2", { image: `octoplane.local/${account}:t2` }));
  await sweeper().sweep();
  expect(await tags()).toEqual(["t1", "t2"]);
  expect((await keys()).some((key) => key.startsWith("accounts/"))).toBe(true);
});
