/** A build that fails by its surroundings names its class everywhere, disturbs nobody, and heals by itself. */

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Job } from "../../../api/builtin.ts";
import type { Resource } from "../../../api/resource.ts";
import { JobBuilder } from "../../../api/workers/job-builder.ts";
import { WorkerAccount } from "../../../api/workers/worker-account.ts";
import { WorkerDeployment } from "../../../api/workers/worker-deployment.ts";
import { WorkerRelease } from "../../../api/workers/worker-release.ts";
import { WorkerVersion } from "../../../api/workers/worker-version.ts";
import { canMount } from "../harness/read-only.ts";
import { startWorld, type World } from "../harness/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

const mended: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const mend of mended.splice(0)) await mend();
});

function files(name: string, text: string): Record<string, string> {
  return {
    "wrangler.jsonc": JSON.stringify({ name, main: "index.js", compatibility_date: "2026-01-01" }),
    "index.js": `export default { fetch() { return new Response(${JSON.stringify(text)}); } };`,
  };
}

/** Hides the code of a script, so that a build finds nothing. */
async function hideBlobs(script: string): Promise<() => Promise<void>> {
  const hidden = new Map<string, Uint8Array>();
  for await (const { key } of world.blobs.list(`accounts/${world.account.id}/scripts/${script}/`)) {
    hidden.set(key, (await world.blobs.get(key)) ?? new Uint8Array());
    await world.blobs.delete(key);
  }
  return async () => {
    for (const [key, bytes] of hidden) await world.blobs.put(key, bytes);
  };
}

/** The reason of every object between the account and the Job. */
async function reasons(): Promise<Record<string, string[]>> {
  const of = async (resource: Resource, type: string) =>
    (await world.list(resource)).flatMap((object) => {
      const { status } = object as { status?: { conditions?: { type: string; reason: string }[] } };
      return status?.conditions?.filter((condition) => condition.type === type).map(({ reason }) => reason) ?? [];
    });
  return {
    account: await of(WorkerAccount, "Ready"),
    release: await of(WorkerRelease, "Built"),
    builder: await of(JobBuilder, "Built"),
    job: await of(Job, "Failed"),
  };
}

/** What builders left to read. */
async function reports(): Promise<string> {
  const texts: string[] = [];
  for await (const { key } of world.blobs.list(`reports/${world.account.id}/`)) {
    texts.push(new TextDecoder().decode(await world.blobs.get(key)));
  }
  return texts.join("\n");
}

test.skipIf(!canMount())(
  "an image store that cannot be written: named, harmless, healed",
  async () => {
    const project = world.project(files("stubborn", "one"));
    expect(await project.wrangler(["deploy"])).toMatchObject({ code: 0 });

    const mend = world.makeImagesReadOnly();
    mended.push(mend);
    project.write(files("stubborn", "two"));
    const outcome = await project.wrangler(["deploy"]);
    expect(outcome.code).not.toBe(0);
    expect(outcome.text).toMatch(/image store/i);
    expect(await reasons()).toMatchObject({
      account: ["ImageStoreUnwritable"],
      release: expect.arrayContaining(["ImageStoreUnwritable"]),
      builder: ["ImageStoreUnwritable"],
      job: ["PodFailurePolicy"],
    });
    expect(await reports()).toMatch(/image|read-only/i);
    expect(await world.ask("stubborn")).toMatchObject({ status: 200, text: "one" });

    mended.pop();
    mend();
    await world.waitForScript("stubborn", (script) => script?.reason === "Serving");
    expect(await world.ask("stubborn")).toMatchObject({ status: 200, text: "two" });
  },
  120_000,
);

test("code that is gone from the blob store: named, harmless, healed", async () => {
  const project = world.project(files("forgotten", "one"));
  expect(await project.wrangler(["deploy"])).toMatchObject({ code: 0 });
  project.write(files("forgotten", "two"));
  expect(await project.wrangler(["versions", "upload"])).toMatchObject({ code: 0 });

  const mend = await hideBlobs("forgotten");
  mended.push(mend);
  const versions = (await world.list(WorkerVersion)).filter(({ spec }) => spec.scripts === "forgotten");
  const newest = versions.toSorted((a, b) => (b.spec.sequence ?? 0) - (a.spec.sequence ?? 0))[0]?.metadata.name;
  const outcome = await project.wrangler(["versions", "deploy", `${newest}@100`, "--yes"]);
  expect(outcome.code).not.toBe(0);
  expect(await reasons()).toMatchObject({ account: ["BlobMissing"] });
  expect(await world.ask("forgotten")).toMatchObject({ status: 200, text: "one" });

  mended.pop();
  await mend();
  await world.waitForScript("forgotten", (script) => script?.reason === "Serving");
  expect(await world.ask("forgotten")).toMatchObject({ status: 200, text: "two" });
}, 120_000);

/** What kubectl deploys is not tried before the build, so only the build finds that it does not start. */
async function deployByKubectl(script: string, code: string, version: string): Promise<void> {
  const { client, namespace } = world;
  const prefix = `accounts/${world.account.id}/${script}/${version}`;
  const scriptsUrls = [`${prefix}/index.js`];
  await world.blobs.put(`${prefix}/index.js`, new TextEncoder().encode(code));
  const template = { scriptName: script, compatibilityDate: "2026-01-01", scriptsUrls };
  const key = { namespace, name: script };
  const metadata = { ...key, labels: { accounts: world.account.id } };
  const object = { apiVersion: "api.cf-worker/v1", kind: "WorkerDeployment", metadata, spec: { template } } as const;
  if ((await client.get(WorkerDeployment, key)) === undefined) await client.create(WorkerDeployment, object);
  else await client.mergePatch(WorkerDeployment, key, { spec: { template } });
}

const answering = (text: string) => `export default { fetch() { return new Response("${text}"); } };`;

test("one script that fails only in the build does not stop another script's deploy", async () => {
  await deployByKubectl("spoiled", answering("one"), "v1");
  await world.waitForScript("spoiled", (script) => script?.reason === "Serving");
  await deployByKubectl("spoiled", `throw new Error("fails in the build"); ${answering("two")}`, "v2");
  await world.waitForScript("spoiled", (script) => script?.reason === "WorkerFault");
  expect(await reports()).toContain("fails in the build");
  expect(await world.ask("spoiled")).toMatchObject({ status: 200, text: "one" });

  const other = world.project(files("healthy", "one"));
  expect(await other.wrangler(["deploy"])).toMatchObject({ code: 0 });
  expect(await world.ask("healthy")).toMatchObject({ status: 200, text: "one" });
  expect(await world.ask("spoiled")).toMatchObject({ status: 200, text: "one" });

  await deployByKubectl("spoiled", answering("three"), "v3");
  await expect.poll(async () => (await world.ask("spoiled")).text, { timeout: 20_000 }).toBe("three");
}, 120_000);
