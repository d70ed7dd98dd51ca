import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { envPrefix, socketName } from "../../api/workers/names.ts";
import { startWorkerd } from "../../runtime/workerd.ts";
import { openImageStore } from "../../stores/image.ts";
import { materialise } from "../../stores/materialise.ts";
import type { WorkerInput } from "./input.ts";
import type { BuildReport } from "./report.ts";
import { account, answering, type Installation, newInstallation } from "./test-installation.ts";

/** Serves an image as the local platform does, and asks every script. */
async function answers({ env, root }: Installation, scripts: string[], secrets: Record<string, string> = {}) {
  const store = await openImageStore(env.IMAGE_STORE ?? "", account);
  const folder = await materialise(store, "v1", join(root, "run"));
  const sockets = Object.fromEntries([...scripts.map(socketName), "health"].map((name) => [name, "127.0.0.1:0"]));
  const workerd = await startWorkerd({ config: join(folder, "worker/config.capnp"), sockets, env: secrets });
  const ask = async (script: string) => (await fetch(`http://127.0.0.1:${workerd.ports[socketName(script)]}/`)).text();
  const texts = await Promise.all(scripts.map(ask));
  await workerd.stop();
  return texts;
}

function newLayers({ layers }: BuildReport): string[] {
  return layers.filter(({ isNew }) => isNew).flatMap(({ scripts }) => scripts);
}

test("the image serves every worker, with its bindings and secrets, and the report says so", async () => {
  const installation = await newInstallation();
  const caller = `export default { async fetch(request, env) {
    return new Response(env.GREETING + " " + env.KEY + " " + await (await env.OTHER.fetch(request)).text());
  } };`;
  const workers = [
    await installation.upload("b-caller", caller, {
      bindings: [
        { type: "plain_text", name: "GREETING", text: "hi" },
        { type: "secret_text", name: "KEY" },
        { type: "service", name: "OTHER", service: "a" },
      ],
    }),
    await installation.upload("a", answering("from a")),
  ];
  const report = await installation.build(workers);
  expect(report).toMatchObject({
    image: "octoplane.local/acme:v1",
    digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    durations: { total: expect.any(Number), check: expect.any(Number) },
  });
  expect(report.failure).toBeUndefined();
  const stored = await readFile(join(installation.blobs, "reports/acme/job.json"), "utf8");
  expect(JSON.parse(stored)).toEqual(report);
  expect(await answers(installation, ["a", "b-caller"], { [`${envPrefix("b-caller")}KEY`]: "s3cret" })).toEqual([
    "from a",
    "hi s3cret from a",
  ]);
});

test("the same inputs give the same digest, in whatever order and wherever", async () => {
  const digests = [];
  for (const order of [
    ["a", "b"],
    ["b", "a"],
  ]) {
    const installation = await newInstallation();
    const workers: WorkerInput[] = [];
    for (const script of order) workers.push(await installation.upload(script, answering(script)));
    digests.push((await installation.build(workers)).digest, (await installation.build(workers)).digest);
  }
  expect(new Set(digests).size).toBe(1);
});

test("one changed worker among 20 is the only one whose code is read, started and pushed", async () => {
  const installation = await newInstallation();
  const names = Array.from({ length: 20 }, (_, index) => `w${String(index).padStart(2, "0")}`);
  const workers = await Promise.all(names.map((name) => installation.upload(name, answering(name))));
  const first = await installation.build(workers);
  expect(newLayers(first)).toEqual(names);

  for (const { url } of workers) await rm(join(installation.blobs, url ?? "", "m0"));
  workers[7] = await installation.upload("w07", answering("changed"));
  const second = await installation.build(workers);
  expect(second.failure).toBeUndefined();
  expect(newLayers(second)).toEqual(["w07"]);
  const before = new Set(first.layers.map(({ digest }) => digest));
  expect(second.layers.filter(({ digest }) => !before.has(digest))).toHaveLength(1);
  expect(await answers(installation, ["w06", "w07"].concat(names.filter((name) => !/0[67]/.test(name))))).toEqual(
    ["w06", "changed"].concat(names.filter((name) => !/0[67]/.test(name))),
  );
});

test("a layer that is remembered but gone is made again", async () => {
  const installation = await newInstallation();
  const workers = [await installation.upload("a", answering("a"))];
  const first = await installation.build(workers);
  await rm(join(installation.root, "images"), { recursive: true });
  const second = await installation.build(workers);
  expect(second.digest).toBe(first.digest);
  expect(newLayers(second)).toEqual(["a"]);
});

test("scripts with the same code share a layer", async () => {
  const installation = await newInstallation();
  const workers = [
    await installation.upload("a", answering("same")),
    await installation.upload("b", answering("same")),
  ];
  expect((await installation.build(workers)).layers).toMatchObject([{ scripts: ["a", "b"] }]);
  expect(await answers(installation, ["a", "b"])).toEqual(["same", "same"]);
});

test("a worker that drops an entrypoint does not stop those that bind to it", async () => {
  const installation = await newInstallation();
  const target = `import { WorkerEntrypoint } from "cloudflare:workers";
    export class Admin extends WorkerEntrypoint { fetch() { return new Response("admin"); } }
    ${answering("target")}`;
  const caller = "export default { async fetch(request, env) { return env.ADMIN.fetch(request); } };";
  const bindings = [{ type: "service" as const, name: "ADMIN", service: "target", entrypoint: "Admin" }];
  const unchanged = await installation.upload("caller", caller, { bindings });

  await installation.build([unchanged, await installation.upload("target", target)]);
  expect(await answers(installation, ["caller", "target"])).toEqual(["admin", "target"]);
  const without = [unchanged, await installation.upload("target", answering("target 2"))];
  expect((await installation.build(without)).failure).toBeUndefined();
  expect(await answers(installation, ["caller", "target"])).toEqual([
    'Worker "target" exports no entrypoint "Admin".\n',
    "target 2",
  ]);
  // Nothing is new now: what is missing still has to be known.
  const third = await installation.upload("third", answering("third"));
  expect((await installation.build([...without, third])).failure).toBeUndefined();
  expect(await answers(installation, ["caller", "third", "target"])).toHaveLength(3);
});

test("a kubectl user's files need no description", async () => {
  const installation = await newInstallation();
  const { url = "" } = await installation.upload("placeholder", "");
  const folder = join(installation.blobs, url);
  await writeFile(join(folder, "index.js"), `import text from "./a.txt"; ${answering("x").replace('"x"', "text")}`);
  await writeFile(join(folder, "a.txt"), "from a file");
  const scriptsUrls = [`${url}/a.txt`, `${installation.env.BLOB_STORE}/${url}/index.js`];
  const worker = { script: "w", envPrefix: "W_", compatibilityDate: "02/28/2024", scriptsUrls };
  const report = await installation.build([worker]);
  expect(report.failure).toBeUndefined();
  expect(await answers(installation, ["w"])).toEqual(["from a file"]);
});

test("an account without workers has an image too", async () => {
  const installation = await newInstallation();
  expect(await installation.build([])).toMatchObject({ digest: expect.any(String), layers: [] });
  expect(await answers(installation, [])).toEqual([]);
});
