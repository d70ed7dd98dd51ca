import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { JobBuilder } from "../../api/workers/job-builder.ts";
import { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { accountId, hello, moduleUpload, soon, startWorld, type World } from "../../test/workers-api/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());
beforeEach(() => world.hooks.decide(() => undefined));

function put(script: string, text = "hello") {
  return world.call(
    "PUT",
    `~/workers/scripts/${script}`,
    moduleUpload({}, [{ name: "index.js", content: hello.replace("hello", text) }]),
  );
}

async function headOf(script: string): Promise<string | undefined> {
  const found = await world.client.get(WorkerDeployment, { namespace: "default", name: `${accountId}.${script}` });
  return found?.spec.deployments?.[0]?.versions[0]?.name;
}

/** Resolves when the script's newest deployment is another than `before`. */
async function deployed(script: string, before?: string): Promise<string> {
  let head: string | undefined;
  await expect.poll(async () => (head = await headOf(script)), soon).not.toBe(before);
  await expect.poll(async () => (head = await headOf(script)), soon).toBeDefined();
  return head ?? "";
}

const building = { reason: "Building", versionServing: "older" };

test("an answer waits until the version serves", async () => {
  world.hooks.decide(() => building);
  let answered = false;
  const answer = put("waits").finally(() => {
    answered = true;
  });
  await deployed("waits");
  world.hooks.decide(() => ({ reason: "RollingOut" }));
  expect(await world.call("GET", "~/workers/services/waits")).toMatchObject({ status: 200 });
  expect(answered).toBe(false);
  world.hooks.decide(() => undefined);
  expect(await answer).toMatchObject({ status: 200, messages: [] });
});

test("what the account still says of the version before is no answer", async () => {
  world.hooks.decide(() => ({ reason: "WorkerFault", versionWanted: "older", versionServing: "oldest" }));
  const answer = put("stale");
  await deployed("stale");
  expect((await world.call("GET", "~/workers/services/stale")).status).toBe(200);
  world.hooks.decide(() => undefined);
  expect(await answer).toMatchObject({ status: 200, messages: [] });
});

test("what it says of the same version in an earlier deployment is no answer either: another one may be on its way", async () => {
  world.hooks.decide(() => ({ deploymentWanted: "the one before the last" }));
  let answered = false;
  const answer = put("again").finally(() => {
    answered = true;
  });
  await deployed("again");
  expect((await world.call("GET", "~/workers/services/again")).status).toBe(200);
  expect(answered).toBe(false);
  world.hooks.decide(() => undefined);
  expect(await answer).toMatchObject({ status: 200, messages: [] });
});

test("a worker's fault is answered with the text of the build's report", async () => {
  world.hooks.decide(() => building);
  const answer = put("faulty");
  const version = await deployed("faulty");
  const key = { namespace: "default", name: "build-1" };
  const report = `reports/${accountId}/job-1.json`;
  await world.blobs.put(report, JSON.stringify({ failure: { message: "Uncaught Error: only in company" } }));
  await world.client.create(JobBuilder, {
    apiVersion: "api.cf-worker/v1",
    kind: "JobBuilder",
    metadata: { ...key, labels: { accounts: accountId } },
    spec: { scriptUrls: ["x"], scriptNames: ["faulty"], targetImage: "i", workerBundleName: "workers" },
  });
  const built = {
    type: "Built",
    status: "False" as const,
    reason: "WorkerFault",
    message: "m",
    lastTransitionTime: "2026-11-01T00:00:00Z",
  };
  const status = { conditions: [built], failedWorker: { script: "faulty", version }, report };
  await world.client.mergePatch(JobBuilder, key, { status }, { subresource: "status" });
  world.hooks.decide(() => ({ reason: "WorkerFault", message: "short", versionServing: "older" }));
  expect(await answer).toMatchObject({
    status: 400,
    errors: [{ code: 10021, message: "Uncaught Error: only in company" }],
  });
});

test("without a report, the account's own words are the answer", async () => {
  world.hooks.decide((script) =>
    script === "unbuilt" ? { reason: "BuildFailed", message: "RegistryDenied: no" } : undefined,
  );
  const answer = await put("unbuilt");
  expect(answer).toMatchObject({ status: 422, errors: [{ code: 12012 }] });
  expect(answer.errors[0]?.message).toMatch(
    /^version [0-9a-f-]{36} is deployed but does not serve: RegistryDenied: no$/,
  );
});

test("an account that refuses the script says why", async () => {
  world.hooks.decide((name) => ({ name, reason: "TooManyScripts", message: "rename the younger" }));
  expect(await put("refused")).toMatchObject({
    status: 409,
    errors: [{ code: 12013, message: "Worker refused does not serve (TooManyScripts): rename the younger" }],
  });
});

test("an older deployment is told when a newer one overtakes it", async () => {
  world.hooks.decide(() => building);
  const first = put("overtaken", "one");
  const before = await deployed("overtaken");
  const second = put("overtaken", "two");
  expect(await first).toMatchObject({
    status: 200,
    messages: [{ message: expect.stringContaining("superseded by a newer") }],
  });
  await deployed("overtaken", before);
  world.hooks.decide(() => undefined);
  expect(await second).toMatchObject({ status: 200, messages: [] });
});

test("a script whose label somebody took away is not taken for superseded", async () => {
  await put("unlabelled");
  const key = { namespace: "default", name: `${accountId}.unlabelled` };
  await world.client.mergePatch(WorkerDeployment, key, { metadata: { labels: { scripts: null } } } as never);
  const before = await headOf("unlabelled");

  world.hooks.decide(() => building);
  const answer = put("unlabelled", "new");
  await deployed("unlabelled", before);
  world.hooks.decide(() => undefined);
  expect(await answer).toMatchObject({ status: 200, messages: [] });
});

test("a script's deletion ends the wait", async () => {
  world.hooks.decide(() => building);
  const answer = put("vanishing");
  await deployed("vanishing");
  await world.client.delete(WorkerDeployment, { namespace: "default", name: `${accountId}.vanishing` });
  expect(await answer).toMatchObject({ status: 200, messages: [{ message: expect.stringContaining("superseded") }] });
});

test("what makes a script public waits for its address", async () => {
  await put("public");
  expect(await world.call("GET", "~/workers/workers/public")).toMatchObject({
    result: {
      name: "public",
      subdomain: { enabled: false, previews_enabled: false, url: "http://public.acme.example.test:8080" },
    },
  });
  world.hooks.decide(() => ({ host: undefined, url: undefined }));
  let answered = false;
  const answer = world
    .call("POST", "~/workers/scripts/public/subdomain", { enabled: true, previews_enabled: true })
    .finally(() => {
      answered = true;
    });
  await expect
    .poll(async () => (await world.call("GET", "~/workers/scripts/public/subdomain")).result.enabled, soon)
    .toBe(true);
  expect(answered).toBe(false);
  world.hooks.decide(() => undefined);
  expect(await answer).toMatchObject({ status: 200, result: { enabled: true, previews_enabled: false } });
  expect(await world.call("POST", "~/workers/scripts/public/subdomain", { enabled: false })).toMatchObject({
    result: { enabled: false },
  });
});

test("when time is up or the service stops, the answer says that it goes on", async () => {
  const hasty = await startWorld({ holdMs: 50 });
  hasty.hooks.decide(() => building);
  const continues = [{ message: expect.stringContaining("its rollout continues in the background") }];
  expect(await hasty.call("PUT", "~/workers/scripts/slow", moduleUpload())).toMatchObject({
    status: 200,
    messages: continues,
  });
  await hasty.close();

  const stopping = await startWorld();
  stopping.hooks.decide(() => building);
  const answer = stopping.call("PUT", "~/workers/scripts/slow", moduleUpload());
  const entries = async () => (await stopping.client.list(WorkerDeployment)).items[0]?.spec.deployments?.length;
  await expect.poll(entries, soon).toBe(1);
  await stopping.close();
  expect(await answer).toMatchObject({ status: 200, messages: continues });
});

test("a service that is asked to stop lets a deploy come to its end, and takes nothing new", async () => {
  const draining = await startWorld({ drainMs: 20_000 });
  draining.hooks.decide(() => building);
  const answer = draining.call("PUT", "~/workers/scripts/slow", moduleUpload());
  const entries = async () => (await draining.client.list(WorkerDeployment)).items[0]?.spec.deployments?.length;
  await expect.poll(entries, soon).toBe(1);
  const closed = draining.close();
  await expect(draining.call("GET", "/accounts")).rejects.toThrow("fetch failed");
  draining.hooks.decide(() => undefined);
  expect(await answer).toMatchObject({ status: 200, messages: [] });
  await closed;
});
