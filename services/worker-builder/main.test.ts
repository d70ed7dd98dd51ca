import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { infrastructureFailures } from "../../api/workers/build-failures.ts";
import type { WorkerInput } from "./input.ts";
import { account, answering, type Installation, newInstallation } from "./test-installation.ts";

const program = fileURLToPath(new URL("main.ts", import.meta.url));

async function start(
  { env, plan }: Installation,
  workers: WorkerInput[],
  changes: Record<string, string> = {},
): Promise<ChildProcess> {
  const environment = { ...env, ...(await plan(workers)), ...changes };
  return spawn(process.execPath, [program], { env: environment, stdio: ["ignore", "inherit", "pipe"] });
}

async function ended(builder: ChildProcess) {
  let errors = "";
  builder.stderr?.on("data", (data) => {
    errors += data;
  });
  const code = await new Promise((resolve) => builder.once("close", resolve));
  return { code, lines: errors.trim().split("\n") };
}

test("exit code 0, and one line that says what was built", async () => {
  const installation = await newInstallation();
  const { code, lines } = await ended(await start(installation, [await installation.upload("a", answering("a"))]));
  expect(code).toBe(0);
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: "info", digest: expect.any(String) });
});

test("the exit code blames the worker", async () => {
  const installation = await newInstallation();
  const workers = [await installation.upload("a", answering("a")), await installation.upload("b", "throw 1;")];
  const { code, lines } = await ended(await start(installation, workers));
  expect(code).toBe(101);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: "error", failure: { script: "b" } });
});

test("the time limit ends a build that waits for a busy worker", async () => {
  const installation = await newInstallation();
  const workers = [await installation.upload("a", "while (true) {}")];
  const { code, lines } = await ended(await start(installation, workers, { BUILD_TIMEOUT_SECONDS: "0.3" }));
  expect(code).toBe(21);
  expect(lines[0]).toContain("BuildTimeout");
});

/** Where a builder makes its folders. */
async function temporaryFolderOf({ root }: Installation): Promise<string> {
  const folder = join(root, "tmp");
  await mkdir(folder);
  return folder;
}

const isBuildFolder = expect.stringContaining("octoplane-build");

test("SIGTERM ends a build at once, with a report", async () => {
  const installation = await newInstallation();
  const TMPDIR = await temporaryFolderOf(installation);
  const builder = await start(installation, [await installation.upload("a", "while (true) {}")], { TMPDIR });
  const outcome = ended(builder);
  await expect.poll(() => readdir(TMPDIR), { timeout: 20_000 }).toContainEqual(isBuildFolder);
  builder.kill("SIGTERM");
  const { code, lines } = await outcome;
  expect(code).toBe(20);
  expect(lines[0]).toContain("Interrupted");
  expect(await readdir(TMPDIR)).not.toContainEqual(isBuildFolder);
});

test("a failure of one step leaves nothing of another that still runs", async () => {
  const installation = await newInstallation();
  const TMPDIR = await temporaryFolderOf(installation);
  const images = join(installation.root, "images", account);
  await mkdir(images, { recursive: true });
  await writeFile(join(images, "blobs"), "not a folder");
  const workers = [await installation.upload("a", "while (true) {}")];
  const { code } = await ended(await start(installation, workers, { TMPDIR, RETRY_SECONDS: "0.1" }));
  expect(code).toBe(infrastructureFailures.imageStoreUnwritable.code);
  expect(await readdir(TMPDIR)).not.toContainEqual(isBuildFolder);
});
