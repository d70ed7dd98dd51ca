/**
 * What surroundings keep from starting is named within half a minute by the account, by wrangler's answer and by
 * `octoplane status`, and it heals by itself once they are mended.
 */

import { describe, inject, test } from "vitest";
import { Job, Secret } from "../../api/builtin.ts";
import type { KubernetesObject, Resource } from "../../api/resource.ts";
import { JobBuilder } from "../../api/workers/job-builder.ts";
import { WorkerAccount } from "../../api/workers/worker-account.ts";
import { startWorld, type World } from "../e2e/harness/world.ts";
import type { InstalledPlatform } from "./installed.ts";
import { credentials } from "./objects.ts";
import { octoplaneStatus, reasonBecomes } from "./patience.ts";

interface Obstacle {
  what: string;
  /** Puts it in the way of an account that serves already. @returns what takes it away */
  put(world: World): Promise<() => Promise<unknown>>;
  /** The kind of what is made and then waits: the half minute begins with it. */
  waits: Resource;
  /** Of the account's condition. */
  reason: string;
  /** In the answers to people. */
  cause: RegExp;
}

const limitSeconds = 30;
const patience = { timeout: 60_000, interval: 1_000 };
/** Controllers and kubelets try again later and later, a minute and more apart. */
const healingMs = 240_000;

type Quantities = Record<string, string>;

function namespaced(kind: string, plural: string, group = ""): Resource {
  return { group, version: "v1", kind, plural, namespaced: true };
}
/** Each change of the pods makes one, and waiting begins anew with it. */
const ReplicaSet = namespaced("ReplicaSet", "replicasets", "apps");
const ResourceQuota = namespaced("ResourceQuota", "resourcequotas");
const LimitRange = namespaced("LimitRange", "limitranges");

async function make({ client, namespace }: World, resource: Resource, name: string, spec: object) {
  const { kind } = resource;
  await client.create(resource, { apiVersion: "v1", kind, metadata: { name, namespace }, spec } as KubernetesObject);
  return () => client.delete(resource, { namespace, name });
}

const quota = (hard: Quantities) => (world: World) => make(world, ResourceQuota, "small", { hard });

const largest = (max: Quantities) => (world: World) =>
  make(world, LimitRange, "small", { limits: [{ type: "Container", max }] });

function changePods({ client, namespace, account }: World, podTemplate: Partial<WorkerAccount["spec"]["podTemplate"]>) {
  return client.mergePatch(WorkerAccount, { namespace, name: account.id }, { spec: { podTemplate } });
}

/** An object of the installation's credentials, as it should be. */
function credential(name: string, { namespace }: World) {
  const found = credentials(namespace, inject("cluster") as InstalledPlatform).find(
    ({ object }) => object.metadata.name === name,
  );
  if (found === undefined) throw new Error(`there are no credentials ${name}`);
  return found;
}

const without = (name: string) => async (world: World) => {
  const { resource, object } = credential(name, world);
  await world.client.delete(resource, object.metadata);
  return () => world.client.create(resource, object);
};

/** Credentials of the registry with another password. */
function wrongPassword(name: string, world: World): Secret {
  const right = credential("docker-hub", world).object as Secret;
  const config = Buffer.from(right.data?.[".dockerconfigjson"] ?? "", "base64").toString();
  const wrong = Buffer.from(config.replace(/("password":")[^"]*/, "$1wrong")).toString("base64");
  return { ...right, metadata: { ...right.metadata, name }, data: { ".dockerconfigjson": wrong } };
}

async function wrongBuildCredentials(world: World) {
  const right = credential("docker-hub", world).object as Secret;
  await world.client.replace(Secret, wrongPassword("docker-hub", world));
  return () => world.client.replace(Secret, right);
}

async function wrongPullSecret(world: World) {
  const wrong = wrongPassword("wrong", world);
  await world.client.create(Secret, wrong);
  await changePods(world, { imagePullSecret: "wrong" });
  const { data } = credential("docker-hub", world).object as Secret;
  return () => world.client.replace(Secret, { ...wrong, ...(data && { data }) });
}

async function missingPullSecret(world: World) {
  await changePods(world, { imagePullSecret: "absent" });
  const right = credential("docker-hub", world).object as Secret;
  return () => world.client.create(Secret, { ...right, metadata: { ...right.metadata, name: "absent" } });
}

async function hugePods(world: World) {
  await changePods(world, { resources: { requests: { memory: "64Ti" } } });
  return () => changePods(world, { resources: { requests: { memory: "64Mi" } } });
}

/** Room for a build, which needs a gibibyte, and not for larger pods. */
async function roomForBuilds(world: World) {
  const mend = await quota({ "limits.memory": "1600Mi" })(world);
  await changePods(world, { resources: { limits: { memory: "2Gi" } } });
  return mend;
}

const obstacles: Obstacle[] = [
  {
    what: "a quota without pods",
    put: quota({ pods: "0" }),
    waits: Job,
    reason: "WaitingForPod",
    cause: /exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=0/,
  },
  {
    what: "a quota with too little memory for builds",
    put: quota({ "limits.memory": "512Mi" }),
    waits: Job,
    reason: "WaitingForPod",
    cause: /exceeded quota: small, requested: limits.memory=1Gi, .*limited: limits.memory=512Mi/,
  },
  {
    what: "a quota with too little memory for workers",
    put: roomForBuilds,
    waits: ReplicaSet,
    reason: "FailedCreate",
    cause: /exceeded quota: small, requested: limits.memory=2Gi, .*limited: limits.memory=1600Mi/,
  },
  {
    what: "a quota without Jobs",
    put: quota({ "count/jobs.batch": "0" }),
    waits: JobBuilder,
    reason: "ChildMissing",
    cause: /exceeded quota: small, requested: count\/jobs.batch=1/,
  },
  {
    what: "a LimitRange that refuses builds",
    put: largest({ memory: "256Mi" }),
    waits: Job,
    reason: "WaitingForPod",
    cause: /maximum memory usage per Container is 256Mi, but limit is 1Gi/,
  },
  {
    what: "no S3 secret",
    put: without("s3-credentials"),
    waits: Job,
    reason: "WaitingForPod",
    cause: /cannot mount volume "s3": secret "s3-credentials" not found/,
  },
  {
    what: "no AWS configuration",
    put: without("aws-config"),
    waits: Job,
    reason: "WaitingForPod",
    cause: /cannot mount volume "aws": configmap "aws-config" not found/,
  },
  {
    what: "credentials of the registry that it refuses",
    put: wrongBuildCredentials,
    waits: Job,
    reason: "ImageStoreDenied",
    cause: /image store refuses the builder's credentials|registry .* answers 401/,
  },
  {
    what: "a pull secret that the registry refuses",
    put: wrongPullSecret,
    waits: ReplicaSet,
    reason: "WaitingForPods",
    cause: /cannot pull image .*(401|authorization|credential)/,
  },
  {
    what: "a pull secret that is not there",
    put: missingPullSecret,
    waits: ReplicaSet,
    reason: "WaitingForPods",
    cause: /lacks a pull secret: .*absent/,
  },
  {
    what: "no node with room",
    put: hugePods,
    waits: ReplicaSet,
    reason: "WaitingForPods",
    cause: /cannot be scheduled: .*Insufficient memory/,
  },
];

function files(text: string): Record<string, string> {
  return {
    "wrangler.jsonc": JSON.stringify({ name: "patient", main: "index.js", compatibility_date: "2026-01-01" }),
    "index.js": `export default { fetch() { return new Response("${text}"); } };`,
  };
}

/** When the newest one was made, in milliseconds. */
async function newest({ client, namespace }: World, resource: Resource): Promise<number> {
  const { items } = await client.list(resource, { namespace });
  return Math.max(...items.map(({ metadata }) => Date.parse(metadata.creationTimestamp ?? "")));
}

describe.concurrent("a deploy waits for its surroundings", () => {
  test.for(obstacles)("$what", { timeout: 2 * healingMs }, async (obstacle, { expect, onTestFinished }) => {
    const world = await startWorld();
    onTestFinished(() => world.close());
    const project = world.project(files("before"));
    const first = await project.wrangler(["deploy"]);
    expect(first, first.text).toMatchObject({ code: 0 });

    const mend = await obstacle.put(world);
    project.write(files("after"));
    const deploy = project.wrangler(["deploy"]);
    await reasonBecomes(world, obstacle.reason);
    // On a busy machine pods that will start are waited for, too, before those that cannot.
    await expect.poll(() => octoplaneStatus(world), patience).toMatch(obstacle.cause);
    await reasonBecomes(world, obstacle.reason);
    const seconds = (Date.now() - (await newest(world, obstacle.waits))) / 1000;
    expect(seconds).toBeLessThan(limitSeconds);
    expect((await deploy).text).toMatch(obstacle.cause);
    expect(await world.ask("patient")).toMatchObject({ status: 200, text: "before" });

    await mend();
    await expect
      .poll(() => world.ask("patient"), { timeout: healingMs, interval: 500 })
      .toMatchObject({ text: "after" });
  });
});
