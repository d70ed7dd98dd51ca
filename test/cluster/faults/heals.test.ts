/**
 * Each part of the installation, taken away in the middle of a deploy: the deploy completes, or fails and says why; what
 * was acknowledged is not lost; and when the part is back, everything goes on without anybody's help.
 */

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Job, Pod } from "../../../api/builtin.ts";
import { WorkerDeployment } from "../../../api/workers/worker-deployment.ts";
import { WorkerVersion } from "../../../api/workers/worker-version.ts";
import type { Project } from "../../e2e/harness/project.ts";
import { startWorld, type World } from "../../e2e/harness/world.ts";
import { crash, restart } from "../harness/cluster.ts";
import { waitFor } from "../harness/wait.ts";
import { system } from "../platform.ts";

let world: World;
let project: Project;
let versions = 0;

function files(text: string): Record<string, string> {
  return {
    "wrangler.jsonc": JSON.stringify({ name: "steady", main: "index.js", compatibility_date: "2026-01-01" }),
    "index.js": `export default { fetch() { return new Response(${JSON.stringify(text)}); } };`,
  };
}

async function deploy(text: string) {
  project.write(files(text));
  return project.wrangler(["deploy"]);
}

beforeAll(async () => {
  world = await startWorld();
  project = world.project(files("start"));
  expect(await deploy("start")).toMatchObject({ code: 0 });
});
afterAll(() => world.close());

const returned: (() => void)[] = [];
afterEach(() => {
  for (const bringBack of returned.splice(0)) bringBack();
});

/** As `kubectl delete pod --force`: nothing has time to say goodbye. */
async function killPods(namespace: string, labelSelector: string): Promise<void> {
  const { items } = await world.client.list(Pod, { namespace, labelSelector });
  expect(items, `pods ${labelSelector} in ${namespace}`).not.toEqual([]);
  for (const { metadata } of items) await world.client.delete(Pod, metadata, { ignoreNotFound: true });
}

const program = (name: string) => `app.kubernetes.io/name=${name}`;

/** A process beside the cluster: gone until the deploy has ended, or for some seconds of it. */
function crashed(name: string): void {
  crash(name);
  returned.push(() => restart(name));
}

/** When the upload has been accepted. */
async function accepted(): Promise<void> {
  const before = versions;
  await waitFor(async () => (await world.list(WorkerVersion)).length > before, {
    what: "the version",
    timeoutMs: 60_000,
  });
}

/** When its image is being built. */
async function building(): Promise<void> {
  await waitFor(async () => (await world.list(Job)).some(({ status }) => (status?.active ?? 0) > 0), {
    what: "the build",
    timeoutMs: 60_000,
  });
}

/** For longer than a deploy takes; what comes back by itself does not wait for it. */
const awayMs = 8_000;
/** Kubernetes' own controllers return late to an API server: their back-off grows with every moment it is away. */
const apiServerAwayMs = 2_000;
/** Their endpoint slices may name pods that are gone for two minutes more (docs/troubleshooting.md). */
const healedMs = 240_000;

test.each<[string, () => Promise<void>, () => Promise<void> | void, number?]>([
  ["every pod of the Workers API", accepted, () => killPods(system, program("octoplane-workers-api"))],
  ["every pod of the hook server", accepted, () => killPods(system, program("octoplane-hooks"))],
  ["what calls the hooks", accepted, () => killPods("metacontroller", program("metacontroller"))],
  ["every pod of the router", accepted, () => killPods(system, program("octoplane-router"))],
  ["the builder's pod", building, () => killPods(world.namespace, "octoplane.io/attempt")],
  ["the workers' pod", building, () => killPods(world.namespace, `app=workers-${world.account.id}`)],
  ["the registry", accepted, () => crashed("registry-accounts")],
  ["the S3 server", accepted, () => crashed("s3")],
  ["the kubelet", building, () => crashed("kubelet")],
  ["the API server of Kubernetes", accepted, () => crashed("kube-apiserver"), apiServerAwayMs],
])(
  "%s",
  async (part, moment, takeAway, goneMs = awayMs) => {
    const before = (await world.ask("steady")).text;
    versions = (await world.list(WorkerVersion)).length;
    const deploying = deploy(part);
    await moment();
    await takeAway();
    const outcome = await Promise.race([deploying, afterMs(goneMs)]);
    for (const bringBack of returned.splice(0)) bringBack();
    const { code, text } = outcome ?? (await deploying);

    if (code !== 0) expect(text).toMatch(/ERROR|failed/i);
    const reachable = { what: "the API server of Kubernetes", timeoutMs: 60_000 };
    const wanted = await waitFor(async () => ((await isWanted(part)) ? part : before), reachable);
    const expected = code === 0 ? part : wanted;
    await expect.poll(answerOr, { timeout: healedMs, interval: 500 }).toBe(expected);
    // What was not accepted shows nothing of how the platform is: the next one goes as if nothing had been.
    if (expected === before) await deployed(`${part}, then all is well`);
  },
  420_000,
);

test("and then all is well", () => deployed("all is well"), 120_000);

async function deployed(text: string): Promise<void> {
  const outcome = await deploy(text);
  expect(outcome, outcome.text).toMatchObject({ code: 0 });
  expect((await world.ask("steady")).text).toBe(text);
}

function afterMs(milliseconds: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds, undefined).unref());
}

async function answerOr(): Promise<string> {
  return world.ask("steady").then(
    ({ text }) => text,
    (error: Error) => error.message,
  );
}

/** Whether the newest deployment that was committed is the upload of this part: then it was acknowledged in the resources. */
async function isWanted(part: string): Promise<boolean> {
  const [script] = await world.list(WorkerDeployment);
  const head = script?.spec.deployments?.[0]?.versions[0]?.name;
  const version = (await world.list(WorkerVersion)).find(({ metadata }) => metadata.name === head);
  const url = version?.spec.url;
  if (url === undefined) return false;
  for await (const { key } of world.blobs.list(url.endsWith("/") ? url : `${url}/`)) {
    const text = new TextDecoder().decode(await world.blobs.get(key));
    if (text.includes(`Response(${JSON.stringify(part)})`)) return true;
  }
  return false;
}
