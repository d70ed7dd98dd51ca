/** Two replicas of the API on one cluster and one blob store: nothing is in memory that the other one would miss. */

import { afterEach, beforeEach, expect, test } from "vitest";
import { WorkerAccount } from "../../api/workers/worker-account.ts";
import { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { WorkerVersion } from "../../api/workers/worker-version.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import type { BlobStore } from "../../stores/blob.ts";
import { answering } from "../../test/workers-api/scripts.ts";
import { accountId, moduleUpload, type Replica, soon, startWorld, type World } from "../../test/workers-api/world.ts";

let world: World;
const replicas: Replica[] = [];
beforeEach(async () => {
  world = await startWorld();
});
afterEach(async () => {
  await Promise.all(replicas.splice(0).map((replica) => replica.close()));
  await world.close();
});

async function replica(...options: Parameters<World["replica"]>): Promise<Replica> {
  const started = await world.replica(...options);
  replicas.push(started);
  return started;
}

const put = (through: Replica, script: string, text = "hello") =>
  through.call("PUT", `~/workers/scripts/${script}`, moduleUpload({}, answering(text)));
const post = (through: Replica, script: string, text = "hello") =>
  through.call("POST", `~/workers/scripts/${script}/versions`, moduleUpload({}, answering(text)));

/** Lists as ever, and hears of no change of the kind. */
function deafTo(kind?: string) {
  return (client: KubernetesClient): KubernetesClient => ({
    ...client,
    watch(resource, query, options) {
      return kind === undefined || resource.kind === kind
        ? silence(options?.signal)
        : client.watch(resource, query, options);
    },
  });
}

async function* silence(signal: AbortSignal | undefined): AsyncGenerator<never, void, undefined> {
  await new Promise((resolve) => signal?.addEventListener("abort", resolve));
}

test("what one has stored, the other knows at once, although it has heard of nothing", async () => {
  const behind = await replica({ seenThrough: deafTo() });
  const { result } = await put(world, "a");
  const version = result.deployment_id;
  const get = async (path: string) => (await behind.call("GET", path)).result;
  expect(await get("~/workers/services/a")).toMatchObject({ id: "a" });
  expect(await get("~/workers/scripts/a/deployments")).toMatchObject({
    deployments: [{ versions: [{ version_id: version }] }],
  });
  expect(await get(`~/workers/scripts/a/versions/${version}`)).toMatchObject({ id: version });
  expect(await get("~/workers/scripts/a/settings")).toMatchObject({ bindings: [] });
  expect(await get("~/workers/scripts/a/secrets")).toEqual([]);
  expect(await get("~/workers/scripts/a/subdomain")).toMatchObject({ enabled: false });
  expect(await get("~/workers/workers/a")).toMatchObject({ subdomain: { url: "http://a.acme.example.test:8080" } });
  expect(await post(behind, "a", "next")).toMatchObject({ status: 200, result: { number: 2 } });
});

test("a deployment that a replica has not heard of yet does not count as superseded", async () => {
  await put(world, "lagging", "one");
  const version: string = (await post(world, "lagging", "two")).result.id;
  const behind = await replica({ seenThrough: deafTo("WorkerDeployment") });
  world.hooks.decide(() => ({ reason: "Building", versionServing: "older" }));
  const slow = put(behind, "slow"); // its watch is the one that the next deploy finds, and hears nothing
  const wanted = async () =>
    (await world.client.list(WorkerAccount)).items[0]?.status?.scripts?.map(({ versionWanted }) => versionWanted);
  await expect.poll(async () => (await wanted())?.length, soon).toBe(2);

  const versions = [{ version_id: version, percentage: 100 }];
  const answer = behind.call("POST", "~/workers/scripts/lagging/deployments", { strategy: "percentage", versions });
  await expect.poll(wanted, soon).toContain(version);
  world.hooks.decide(() => undefined);
  expect(await answer).toMatchObject({ status: 200, messages: [] });
  expect(await slow).toMatchObject({ status: 200, messages: [] });
});

/** Stops where the test wants it to. */
function gate() {
  const reached = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  return {
    reached: reached.promise,
    open: () => opened.resolve(),
    pass() {
      reached.resolve();
      return opened.promise;
    },
  };
}

function pausing(blobs: BlobStore, { pass }: ReturnType<typeof gate>): BlobStore {
  return {
    ...blobs,
    async put(...write) {
      await pass();
      return blobs.put(...write);
    },
  };
}

async function numbers(): Promise<(number | undefined)[]> {
  return (await world.client.list(WorkerVersion)).items.map(({ spec }) => spec.sequence).sort();
}

test("an upload and a deploy that saw the same history never share a number, nor a predecessor", async () => {
  const [storing, committing, uploading] = [gate(), gate(), gate()];
  let isCommitHeld = true;
  const deployer = await replica({
    blobStore: pausing(world.blobs, storing),
    seenThrough: (client) => ({
      ...client,
      async mergePatch(resource, key, patch, options) {
        if (isCommitHeld && "deployments" in ((patch as { spec?: object }).spec ?? {})) {
          isCommitHeld = false;
          await committing.pass();
        }
        return client.mergePatch(resource, key, patch, options);
      },
    }),
  });
  const uploader = await replica({ blobStore: pausing(world.blobs, uploading) });

  await put(world, "twice", "one");
  const deploy = put(deployer, "twice", "two");
  const upload = post(uploader, "twice", "three");
  await Promise.all([storing.reached, uploading.reached]); // both have read that number 1 is the newest
  storing.open();
  await committing.reached; // the deploy has made its version and found nothing newer
  uploading.open();
  expect(await upload).toMatchObject({ status: 200, result: { number: 2 } });
  committing.open();
  expect((await deploy).status).toBe(200);
  expect(await numbers()).toEqual([1, 2, 3]);
});

test("uploads through both at once all have numbers of their own", async () => {
  const other = await replica();
  await put(world, "many", "first");
  const uploads = ["a", "b", "c", "d"].map((text, index) => post(index % 2 === 0 ? world : other, "many", text));
  const answers = await Promise.all(uploads);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(answers.map(({ result }) => result.number).sort()).toEqual((await numbers()).slice(1));
  expect(new Set(await numbers()).size).toBe(5);
});

test("a script's first deploy through both at once makes one script", async () => {
  const other = await replica();
  const answers = await Promise.all([put(world, "fresh", "a"), put(other, "fresh", "b")]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  const scripts = (await world.client.list(WorkerDeployment)).items;
  expect(scripts.map(({ metadata, spec }) => [metadata.name, spec.deployments?.length])).toEqual([
    [`${accountId}.fresh`, 2],
  ]);
  expect(new Set(await numbers()).size).toBe(2);
});
