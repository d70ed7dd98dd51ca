import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { WorkerInput } from "./input.ts";
import { answering, type Installation, newInstallation } from "./test-installation.ts";

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

test("SIGTERM ends a build at once, with a report", async () => {
  const installation = await newInstallation();
  const temporary = join(installation.root, "tmp");
  await mkdir(temporary);
  const builder = await start(installation, [await installation.upload("a", "while (true) {}")], { TMPDIR: temporary });
  const outcome = ended(builder);
  await expect.poll(() => readdir(temporary), { timeout: 20_000 }).toContainEqual(expect.stringContaining("build-"));
  builder.kill("SIGTERM");
  const { code, lines } = await outcome;
  expect(code).toBe(20);
  expect(lines[0]).toContain("Interrupted");
  expect(await readdir(temporary)).not.toContainEqual(expect.stringContaining("octoplane"));
});
