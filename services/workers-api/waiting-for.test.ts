/** What an answer says whose version does not come to serve: the cause, from what the cluster tells of Job and Deployment. */

import { afterEach, beforeEach, expect, test } from "vitest";
import { Deployment, Event, Job } from "../../api/builtin.ts";
import { JobBuilder } from "../../api/workers/job-builder.ts";
import { WorkerAccount } from "../../api/workers/worker-account.ts";
import { WorkerBundle } from "../../api/workers/worker-bundle.ts";
import { KubernetesError } from "../../kubernetes/client.ts";
import { StoreError } from "../../stores/error.ts";
import type { Fate } from "../../test/workers-api/hooks.ts";
import { scriptsOf } from "../../test/workers-api/scripts.ts";
import { accountId, soon, startWorld, type World } from "../../test/workers-api/world.ts";

const namespace = "default";
const now = "2026-11-01T00:00:00Z";
const quota = "exceeded quota: small, requested: limits.memory=1Gi, used: 0, limited: limits.memory=512Mi";

let world: World;
/** What the account says of the script once its objects are there. */
let fate: Fate;
let isStoreAway: boolean;
let forbidden: boolean;

beforeEach(async () => {
  isStoreAway = false;
  forbidden = false;
  world = await startWorld({
    holdMs: 400,
    seenThrough: (client) => ({
      ...client,
      list(resource, ...rest) {
        if (forbidden && resource.kind === "Event") throw new KubernetesError(403, "Forbidden", "cannot list events");
        return client.list(resource, ...rest);
      },
    }),
  });
  const get = world.blobs.get;
  world.blobs.get = async (key) => {
    if (isStoreAway) throw new StoreError("unreachable", "nobody answers");
    return get(key);
  };
  fate = () => ({ reason: "Building", versionServing: "older", message: "the build Job is running" });
  world.hooks.decide((script, version) => fate(script, version));
});
afterEach(() => world.close());

const { put } = scriptsOf(() => world);

/** Resolves when the account says `reason` of the script. */
async function said(reason: string): Promise<void> {
  const told = async () =>
    (await world.client.get(WorkerAccount, { namespace, name: accountId }))?.status?.scripts?.[0];
  await expect.poll(async () => (await told())?.reason, soon).toBe(reason);
}

/** Deploys, lets `arrange` make what the hooks would make for the version, and deploys the same again. */
async function again(arrange: (version: string) => Promise<unknown>) {
  const first = await put("slow");
  const version: string = first.result.deployment_id;
  await said(fate("slow", version)?.reason ?? "Serving");
  await arrange(version);
  return { version, answer: await put("slow") }; // the same bytes: the same version
}

/** The message of a success. */
async function told(arrange: (version: string) => Promise<unknown> = async () => undefined): Promise<string> {
  const { version, answer } = await again(arrange);
  expect(answer).toMatchObject({ status: 200, messages: [expect.anything()] });
  return answer.messages[0]?.message.replace(version, "V") ?? "";
}

/** The text of a refusal. */
async function refused(arrange: (version: string) => Promise<unknown>): Promise<string> {
  const { version, answer } = await again(arrange);
  expect(answer).toMatchObject({ status: 422, errors: [{ code: 12026 }] });
  return answer.errors[0]?.message.replace(version, "V") ?? "";
}

const stands = "version V is deployed and does not serve yet; it will when this is mended: ";
const goesOn = "version V is deployed; its rollout continues in the background; waiting: ";

async function createBuild(version: string, status: object = {}): Promise<void> {
  const metadata = { namespace, name: "release-1", labels: { accounts: accountId } };
  const worker = { script: "slow", version, envPrefix: "SLOW_" };
  await world.client.create(JobBuilder, {
    apiVersion: "api.cf-worker/v1",
    kind: "JobBuilder",
    metadata,
    spec: { scriptUrls: ["x"], scriptNames: ["slow"], targetImage: "i", workerBundleName: "w", workers: [worker] },
  });
  const told = { job: "release-1-ab12cd-1", ...status };
  await world.client.mergePatch(JobBuilder, metadata, { status: told }, { subresource: "status" });
}

/** A Job whose pods the API server refuses. */
async function createRefusedJob(): Promise<void> {
  const metadata = { namespace, name: "release-1-ab12cd-1" };
  const spec = { template: { spec: { restartPolicy: "Never", containers: [{ name: "builder", image: "b" }] } } };
  const job = await world.client.create(Job, { apiVersion: "batch/v1", kind: "Job", metadata, spec } as Job);
  await world.client.create(Event, {
    apiVersion: "v1",
    kind: "Event",
    metadata: { namespace, name: "release-1-ab12cd-1.18" },
    involvedObject: { kind: "Job", namespace, name: metadata.name, uid: job.metadata.uid },
    ...{ type: "Warning", reason: "FailedCreate", lastTimestamp: new Date().toISOString() }, // old ones expire
    message: `Error creating: pods "release-1-ab12cd-1-xyz12" is forbidden: ${quota}`,
  } as Event);
}

test("the build's pods are refused", async () => {
  const message = await refused(async (version) => {
    await createBuild(version);
    await createRefusedJob();
  });
  expect(message).toBe(`${stands}Job release-1-ab12cd-1 cannot create pods: ${quota}`);
});

test("the pods that should serve are refused", async () => {
  fate = () => ({ reason: "RollingOut", versionServing: "older", message: "0 of 1 pods are new" });
  const message = await refused(async () => {
    const metadata = { namespace, name: "workers" };
    const spec = { deploymentName: "acme-workers", podTemplate: { image: "i" } };
    await world.client.create(WorkerBundle, { apiVersion: "api.cf-worker/v1", kind: "WorkerBundle", metadata, spec });
    const labels = { app: "w" };
    const template = { metadata: { labels }, spec: { containers: [{ name: "workerd", image: "i" }] } };
    const deployment = await world.client.create(Deployment, {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { namespace, name: "acme-workers" },
      spec: { selector: { matchLabels: labels }, template },
    });
    const refusal = `pods "acme-workers-5d-x" is forbidden: ${quota}`;
    const condition = { type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: refusal };
    await world.client.replaceStatus(Deployment, { ...deployment, status: { conditions: [condition] } });
  });
  expect(message).toBe(`${stands}Deployment acme-workers cannot create pods: ${quota}`);
});

test("nothing is wrong: then the account's own words say what goes on", async () => {
  expect(await told((version) => createBuild(version))).toBe(`${goesOn}Building: the build Job is running`);
});

test("nobody takes the deployment up", async () => {
  fate = () => ({ versionWanted: "older", versionServing: "older" });
  expect(await told()).toBe(`${goesOn}WorkerAccount ${accountId} has not taken it up yet`);
});

test("rights to see more are missing", async () => {
  forbidden = true;
  const message = await told(async (version) => {
    await createBuild(version);
    await createRefusedJob();
  });
  expect(message).toBe(`${goesOn}Building: the build Job is running`);
});

const built = {
  type: "Built",
  status: "False" as const,
  reason: "DeadlineExceeded",
  message: "m",
  lastTransitionTime: now,
};

test("a failed build that left no report is explained by its Job", async () => {
  const { result } = await put("slow");
  await createBuild(result.deployment_id, { conditions: [built] });
  await createRefusedJob();
  fate = () => ({ reason: "BuildFailed", versionServing: "older", message: "DeadlineExceeded: too late" });
  world.hooks.decide(fate);
  await said("BuildFailed");
  expect(await put("slow")).toMatchObject({
    status: 422,
    errors: [
      {
        code: 12012,
        message: expect.stringContaining(
          `does not serve: DeadlineExceeded: too late (Job release-1-ab12cd-1 cannot create pods: ${quota})`,
        ),
      },
    ],
  });
});

test("a blob store that is away does not hide the failure itself", async () => {
  const { result } = await put("slow");
  await createBuild(result.deployment_id, { conditions: [built], report: `reports/${accountId}/r.json` });
  isStoreAway = true;
  fate = () => ({ reason: "BuildFailed", versionServing: "older", message: "BlobStoreUnreachable: nobody answers" });
  world.hooks.decide(fate);
  await said("BuildFailed");
  expect(await put("slow")).toMatchObject({
    status: 422,
    errors: [{ code: 12012, message: expect.stringContaining("BlobStoreUnreachable: nobody answers") }],
  });
});
