import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { workerFaultCode } from "../../api/workers/build-failures.ts";
import { openImageStore } from "../../stores/image.ts";
import type { WorkerInput } from "./input.ts";
import { account, answering, newInstallation } from "./test-installation.ts";

const good = answering("good");

async function buildWith(bad: string, changes: Record<string, string> = {}) {
  const installation = await newInstallation();
  const workers = [
    await installation.upload("a", good),
    await installation.upload("b", bad),
    await installation.upload("c", good),
  ];
  const report = await installation.build(workers, changes);
  const images = await openImageStore(installation.env.IMAGE_STORE ?? "", account);
  return { report, tags: await images.tags(), installation };
}

test.each<[what: string, code: string, message: string, environment?: Record<string, string>]>([
  ["throws", 'throw new Error("boom"); export default {};', "Uncaught Error: boom\n  at index.js:1:7"],
  ["is no JavaScript", "export default {", "Uncaught SyntaxError"],
  ["never ends", "while (true) {}", "the start exceeded its time limit of 0.3 s", { START_TIMEOUT_SECONDS: "0.3" }],
  [
    "fills the memory",
    "const a = []; while (true) a.push(new Uint8Array(4e6).fill(1));",
    "the worker exceeded its memory limit",
    { MEMORY_LIMIT_MIB: "256" },
  ],
])("a worker that %s is named, with the reason, and nothing is tagged", async (_name, code, message, environment) => {
  const { report, tags, installation } = await buildWith(code, environment);
  expect(report.failure).toEqual({
    code: workerFaultCode(1),
    reason: "WorkerFault",
    script: "b",
    message: expect.stringContaining(message),
  });
  expect(report.digest).toBeUndefined();
  expect(tags).toEqual([]);
  expect(JSON.parse(await readFile(join(installation.blobs, "reports/acme/job.json"), "utf8"))).toEqual(report);
});

test("a worker cannot put the blame on another", async () => {
  const { socketName } = await import("../../api/workers/names.ts");
  const liar = `console.error("service ${socketName("a")}: Uncaught Error: it was a"); throw new Error("it was b");`;
  expect((await buildWith(liar)).report.failure).toMatchObject({ script: "b", code: workerFaultCode(1) });
});

test("a worker sees neither the builder's environment nor its credentials", async () => {
  const probe = 'import process from "node:process"; throw new Error("env " + JSON.stringify(process.env));';
  const installation = await newInstallation();
  const flags = ["nodejs_compat", "nodejs_compat_populate_process_env"];
  const worker = await installation.upload("a", probe, { compatibilityFlags: flags });
  const report = await installation.build([worker], { AWS_SECRET_ACCESS_KEY: "very-secret" });
  expect(report.failure?.message).toContain("env {}");
});

test("a fault that a fixed worker no longer has heals; the others are not built again", async () => {
  const { installation } = await buildWith("throw 1;");
  const workers = await Promise.all(["a", "b", "c"].map((script) => installation.upload(script, good)));
  expect(await installation.build(workers)).toMatchObject({ digest: expect.any(String) });
});

async function failureAfter(change: (worker: WorkerInput, blobs: string) => Promise<WorkerInput | undefined>) {
  const installation = await newInstallation();
  const worker = await installation.upload("a", good);
  const changed = await change(worker, installation.blobs);
  return (await installation.build([changed ?? worker])).failure;
}

test.each([
  [
    "code that was damaged",
    async ({ url = "" }: WorkerInput, blobs: string) => writeFile(join(blobs, url, "m0"), good.replace("good", "evil")),
    {
      code: 14,
      reason: "DigestMismatch",
      message: expect.stringMatching(/a: accounts\/acme\/.*m0 is not module "index.js"/),
    },
  ],
  [
    "a description that was damaged",
    async ({ url = "" }: WorkerInput, blobs: string) => writeFile(join(blobs, url, "worker.json"), "{}"),
    { code: 14, reason: "DigestMismatch" },
  ],
  [
    "a module that is gone",
    async ({ url = "" }: WorkerInput, blobs: string) => rm(join(blobs, url, "m0")),
    { code: 11, reason: "BlobMissing" },
  ],
  [
    "a description that is gone",
    async ({ url = "" }: WorkerInput, blobs: string) => rm(join(blobs, url, "worker.json")),
    { code: 11, reason: "BlobMissing" },
  ],
  [
    "code of another account",
    async (worker: WorkerInput) => ({ ...worker, url: "accounts/other/scripts/a/x" }),
    { code: 10, reason: "BadInput", message: expect.stringContaining("is not below accounts/acme/") },
  ],
  [
    "a path that climbs out",
    async (worker: WorkerInput) => ({ ...worker, url: "accounts/acme/../other/x" }),
    { code: 10, reason: "BadInput" },
  ],
  [
    "a user's file of another account",
    async (worker: WorkerInput) => ({ ...worker, scriptsUrls: ["accounts/other/a.js"] }),
    { code: 100, reason: "WorkerFault", script: "a" },
  ],
  [
    "a user's file that is not there",
    async (worker: WorkerInput) => ({ ...worker, scriptsUrls: ["accounts/acme/a.js"] }),
    { code: 11, reason: "BlobMissing" },
  ],
  [
    "a malformed description",
    async ({ script, url = "", envPrefix }: WorkerInput, blobs: string) => {
      await writeFile(join(blobs, url, "worker.json"), '{"format":"modules","modules":[{"path":"../x"}]}');
      return { script, url, envPrefix };
    },
    { code: 100, reason: "WorkerFault", script: "a" },
  ],
])("%s has a code of its own", async (_name, change, failure) => {
  expect(await failureAfter(async (worker, blobs) => (await change(worker, blobs)) ?? undefined)).toMatchObject(
    failure,
  );
});

test.each([
  [{ WORKERS_FILE: "/dev/null/workers.json" }, 10, "BadInput"],
  [{ WORKERS_FILE: "" }, 10, "BadInput"],
  [{ ACCOUNT: "../x" }, 10, "BadInput"],
  [{ ACCOUNT: "" }, 10, "BadInput"],
  [{ TARGET_IMAGE: "octoplane.local/other:v1" }, 10, "BadInput"],
  [{ BLOB_STORE: "ftp://x" }, 10, "BadInput"],
  [{ IMAGE_STORE: "oci:/dev/null/images" }, 16, "ImageStoreUnwritable"],
  [{ IMAGE_STORE: "registry://127.0.0.1:9/x", RUNTIME_BASE: "127.0.0.1:9/base:1" }, 15, "ImageStoreUnreachable"],
  [{ IMAGE_STORE: "registry://127.0.0.1:9/x", RUNTIME_BASE: "marker" }, 10, "BadInput"],
])("%j is answered with %i %s", async (changes, code, reason) => {
  const installation = await newInstallation();
  const worker = await installation.upload("a", good);
  const report = await installation.build([worker], { RETRY_SECONDS: "0.01", ...changes });
  expect(report.failure).toMatchObject({ code, reason });
});

test.each([
  ["{", "must hold JSON"],
  ["{}", "must hold a JSON list"],
  ['[{"script":"../x"}]', '"../x" is no script name'],
  ["[null]", "is no script name"],
  ['[{"script":"a"}]', "a has no envPrefix"],
  ['[{"script":"a","envPrefix":""}]', "a has no url"],
  ['[{"script":"a","envPrefix":"","url":"x"},{"script":"a","envPrefix":"","url":"x"}]', "names a script twice"],
])("workers that are %s: %s", async (workers, detail) => {
  const { failure } = await (await newInstallation()).build(workers);
  expect(failure).toMatchObject({ code: 10, reason: "BadInput", message: expect.stringContaining(detail) });
});

test("a blob store that cannot be reached costs the report, not the exit code", async () => {
  const installation = await newInstallation();
  const worker = await installation.upload("a", good);
  const s3 = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", RETRY_SECONDS: "0.01" };
  const unreachable = "s3://bucket?endpoint=http://127.0.0.1:9&pathStyle=true";
  const report = await installation.build([worker], { ...s3, BLOB_STORE: unreachable });
  expect(report.failure).toMatchObject({ code: 12, reason: "BlobStoreUnreachable" });
});
