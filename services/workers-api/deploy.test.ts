import { afterAll, beforeAll, expect, test } from "vitest";
import { Secret } from "../../api/builtin.ts";
import { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { WorkerVersion } from "../../api/workers/worker-version.ts";
import { accountId, hello, moduleUpload, startWorld, upload, type World } from "../../test/workers-api/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

async function text(key: string): Promise<string> {
  return Buffer.from((await world.blobs.get(key)) ?? []).toString("utf8");
}

test("a first deploy stores code, version and deployment, and answers when it serves", async () => {
  const form = moduleUpload({
    bindings: [
      { type: "plain_text", name: "STAGE", text: "test" },
      { type: "json", name: "LIMITS", json: { a: [1, null] } },
      { type: "secret_text", name: "KEY", text: "s3cret" },
      { type: "service", name: "SELF", service: "first" },
    ],
    compatibility_flags: ["nodejs_compat"],
    annotations: { "workers/message": "the first" },
    observability: { enabled: true },
  });
  const { status, result, messages } = await world.call("PUT", "~/workers/scripts/first?bindings_inherit=strict", form);
  expect({ status, messages }).toEqual({ status: 200, messages: [] });
  expect(result).toMatchObject({ id: "first", deployment_id: expect.stringMatching(/^[0-9a-f-]{36}$/) });

  const key = { namespace: "default", name: `${accountId}.first` };
  const script = await world.client.get(WorkerDeployment, key);
  expect(script?.spec).toMatchObject({
    scriptName: "first",
    workersDev: false,
    observability: { enabled: true },
    deployments: [{ versions: [{ name: result.deployment_id, percentage: 100 }], message: "the first", author: "ci" }],
  });
  const version = await world.client.get(WorkerVersion, { namespace: "default", name: result.deployment_id });
  expect(version?.spec).toMatchObject({
    sequence: 1,
    secretRef: `worker-${result.deployment_id}`,
    mainModule: "index.js",
  });
  expect(version?.metadata.ownerReferences?.[0]).toMatchObject({ uid: script?.metadata.uid, controller: true });
  expect(JSON.stringify(version)).not.toContain("s3cret");

  const url = `accounts/${accountId}/scripts/first/${version?.spec.digest}`;
  expect(version?.spec.url).toBe(url);
  expect(await text(`${url}/m0`)).toBe(hello);
  expect(JSON.parse(await text(`${url}/worker.json`))).toMatchObject({
    mainModule: "index.js",
    bindings: [
      { type: "secret_text", name: "KEY" },
      { type: "json", name: "LIMITS", json: { a: [1, null] } },
      { type: "service", name: "SELF", service: "first" },
      { type: "plain_text", name: "STAGE", text: "test" },
    ],
  });
  const secret = await world.client.get(Secret, { namespace: "default", name: `worker-${result.deployment_id}` });
  expect(secret).toMatchObject({ immutable: true, data: { KEY: Buffer.from("s3cret").toString("base64") } });
});

test("a service worker's files are bindings, wherever they stand in the upload", async () => {
  const form = upload({ body_part: "script", bindings: [{ type: "text_blob", name: "T", part: "t.txt" }] }, [
    { name: "t.txt", content: "text", type: "text/plain" },
    {
      name: "script",
      content: 'if (T !== "text") throw new Error(T); addEventListener("fetch", () => {});',
      type: "application/javascript",
    },
  ]);
  expect(await world.call("PUT", "~/workers/scripts/old-style", form)).toMatchObject({ status: 200, errors: [] });
});
