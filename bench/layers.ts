/**
 * Bytes that a build adds to the image store: the first image of an account, then one with a single changed worker, then
 * the same again. Each build is a process of its own, as its Job is.
 *
 *   node bootstrap.mjs run bench/layers.ts [workers, default 100] [KiB of code each, default 64]
 */

import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { globSync, statSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { codeFile } from "../api/workers/code.ts";
import { envPrefix } from "../api/workers/names.ts";
import { writeCode } from "../runtime/test-code.ts";
import { printTable, ratio } from "./table.ts";

const [, , workerCount = "100", kibibytes = "64"] = process.argv;
const account = "acme";
const builder = join(import.meta.dirname, "..", "services", "worker-builder", "main.ts");
const folder = await mkdtemp(join(tmpdir(), "octoplane-bench-"));
const images = join(folder, "images");

interface Worker {
  script: string;
  url: string;
  digest: string;
  envPrefix: string;
}

/** Code that does not compress much, as bundles of many packages do. */
function source(): string {
  const padding = randomBytes((Number(kibibytes) * 1024 * 3) / 4).toString("base64");
  return `const data = "${padding}"; export default { fetch() { return new Response(data); } };`;
}

/** Lays code down in the blob store as the API does. */
async function upload(index: number): Promise<Worker> {
  const script = `worker-${index}`;
  const staged = await mkdtemp(join(folder, "upload-"));
  const code = source();
  const description = JSON.stringify(await writeCode(staged, code));
  const digest = createHash("sha256").update(description).digest("hex");
  const url = `accounts/${account}/scripts/${script}/${digest}`;
  const target = join(folder, "blobs", url);
  await mkdir(target, { recursive: true });
  await writeCode(target, code);
  await writeFile(join(target, codeFile), description);
  return { script, url, digest, envPrefix: envPrefix(script) };
}

async function build(workers: readonly Worker[], tag: string): Promise<number> {
  const workersFile = join(folder, `${tag}.json`);
  await writeFile(workersFile, JSON.stringify(workers));
  const env = {
    ...process.env,
    ACCOUNT: account,
    BLOB_STORE: pathToFileURL(join(folder, "blobs")).href,
    IMAGE_STORE: `oci:${images}`,
    TARGET_IMAGE: `octoplane.local/${account}:${tag}`,
    RUNTIME_BASE: "octoplane.local/worker-runtime",
    WORKERS_FILE: workersFile,
  };
  const startedAt = performance.now();
  const child = spawn(process.execPath, [builder], { env, stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr.on("data", (chunk) => {
    log += chunk;
  });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`the build ended with ${code}:\n${log}`);
  return (performance.now() - startedAt) / 1000;
}

/** The blobs of the store with their sizes. */
function blobs(): Map<string, number> {
  const paths = globSync("**/blobs/sha256/*", { cwd: images });
  return new Map(paths.map((path) => [path, statSync(join(images, path)).size]));
}

async function measure(name: string, workers: readonly Worker[], tag: string) {
  const before = blobs();
  const seconds = await build(workers, tag);
  const pushed = [...blobs()].filter(([path]) => !before.has(path)).map(([, size]) => size);
  return { name, count: pushed.length, bytes: pushed.reduce((sum, size) => sum + size, 0), seconds };
}

try {
  const workers: Worker[] = [];
  for (let index = 0; index < Number(workerCount); index += 1) workers.push(await upload(index));
  const changed = [await upload(0), ...workers.slice(1)];
  const steps = [
    await measure("first image", workers, "first"),
    await measure("one worker changed", changed, "changed"),
    await measure("nothing changed", changed, "again"),
  ];

  const all = steps[0]?.bytes ?? 0;
  console.log(`${workerCount} workers of ${kibibytes} KiB\n`);
  printTable(
    ["", "blobs pushed", "bytes pushed", "of the first", "seconds"],
    steps.map(({ name, count, bytes, seconds }) => {
      return [name, `${count}`, `${bytes}`, ratio(bytes, all), seconds.toFixed(2)];
    }),
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
