import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { freePorts } from "../../harness/ports.ts";
import { waitFor } from "../../harness/wait.ts";

const generated = join(import.meta.dirname, "../../../buildbarn/generated");
const main = join(import.meta.dirname, "main.ts");

interface Program {
  child: ChildProcess;
  /** Port here by the one in the configuration. */
  ports: Map<string, number>;
  /** What it has said so far. */
  words(): string;
  isHealthy(): Promise<boolean>;
}

interface Start {
  /** Of an example, with ports and folders of this test. */
  file: string;
  folder: string;
  change?: (text: string) => string;
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "octoplane-stand-in-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const path of ["cas", "ac", "fsac"])
    mkdirSync(join(folder, `storage-${path}`, "persistent_state"), { recursive: true });
  mkdirSync(join(folder, "worker", "cache"), { recursive: true });
  return folder;
}

async function start({ file, folder, change = (same) => same }: Start): Promise<Program> {
  const original = readFileSync(join(generated, file), "utf8")
    .replaceAll('"/storage-', `"${folder}/storage-`)
    .replaceAll(/(?<=")(unix:\/\/)?\/worker\//g, `$1${folder}/worker/`);
  const named = [...new Set([...original.matchAll(/(?<=":)\d+(?=")/g)].map(([port]) => port))];
  const free = await freePorts(named.length, "127.0.0.1");
  const ports = new Map(named.map((port, index) => [port, free[index] ?? 0]));
  const path = join(folder, file.split("/").at(-1) ?? "");
  writeFileSync(path, change(original.replaceAll(/(?<=":)\d+(?=")/g, (port) => String(ports.get(port)))));

  const environment = { ...process.env, POD_NAME: "pod", NODE_NAME: "node" };
  const child = spawn(process.execPath, [main, path], { env: environment, stdio: ["ignore", "ignore", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const said: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (words: string) => said.push(words));
  const health = `http://127.0.0.1:${ports.get("9980") ?? ports.get("9987")}/-/healthy`;
  return { child, ports, words: () => said.join(""), isHealthy: async () => (await fetch(health)).ok };
}

function answers(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  return Promise.race([once(socket, "connect").then(() => true), once(socket, "error").then(() => false)]).finally(() =>
    socket.destroy(),
  );
}

async function ended({ child }: Program): Promise<number | null> {
  if (child.exitCode === null) await once(child, "close");
  return child.exitCode;
}

const programs = readdirSync(join(generated, "minimal"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".jsonnet") && !file.includes("/worker-"))
  .map((file) => `minimal/${file}`);

test.each(programs)("%s: listens where it is told to, and stops when it is told to", async (file) => {
  const program = await start({ file, folder: newFolder() });
  await waitFor(program.isHealthy, { what: file });
  for (const port of program.ports.values()) expect(await answers(port)).toBe(true);
  program.child.kill();
  expect(await ended(program)).toBe(0);
});

test("an unknown field ends the start with its name", async () => {
  const change = (config: string) => config.replace("{", '{ "blobStore": 1,');
  const program = await start({ file: "minimal/browser/browser.jsonnet", folder: newFolder(), change });
  expect(await ended(program)).toBe(1);
  expect(program.words()).toContain("$.blobStore: unknown field");
});

test("a store without its folder ends the start", async () => {
  const folder = newFolder();
  rmSync(join(folder, "storage-fsac", "persistent_state"), { recursive: true });
  const program = await start({ file: "minimal/storage/storage.jsonnet", folder });
  expect(await ended(program)).toBe(1);
});

const workerFile = "minimal/worker/worker-ubuntu22-04.jsonnet";
const runnerFile = "minimal/worker/runner-ubuntu22-04.jsonnet";
const acting = (seconds: string) => (config: string) =>
  config.replace('"workerId"', `"environmentVariables": {"STAND_IN_ACTION_SECONDS": "${seconds}"}, "workerId"`);

test("a worker waits for its runner, and finishes its action when it is told to stop", async () => {
  const folder = newFolder();
  const worker = await start({ file: workerFile, folder, change: acting("0.5") });
  await waitFor(async () => !(await worker.isHealthy()), { what: "diagnostics of the worker" });
  await start({ file: runnerFile, folder });
  await waitFor(worker.isHealthy, { what: "the worker" });

  const toldAt = performance.now();
  worker.child.kill();
  expect(await ended(worker)).toBe(0);
  expect(performance.now() - toldAt).toBeGreaterThan(450);
});

test("a worker that loses its runner in the middle of an action says so", async () => {
  const folder = newFolder();
  const runner = await start({ file: runnerFile, folder });
  const worker = await start({ file: workerFile, folder, change: acting("60") });
  await waitFor(worker.isHealthy, { what: "the worker" });
  worker.child.kill();
  runner.child.kill();
  expect(await ended(worker)).toBe(1);
  expect(worker.words()).toContain("lost the runner");
});

test("a shard that was there and is gone is its last word", async () => {
  const shard = createServer().listen(0, "127.0.0.1");
  await once(shard, "listening");
  const asked = once(shard, "connection");
  const { port } = shard.address() as { port: number };
  const change = (config: string) => config.replaceAll("storage-1.storage.buildbarn:8981", `127.0.0.1:${port}`);
  const program = await start({ file: "minimal/frontend/frontend.jsonnet", folder: newFolder(), change });
  await asked;
  await waitFor(program.isHealthy, { what: "the frontend" });
  shard.close();
  await waitFor(() => program.words() === `lost shard 127.0.0.1:${port}: ECONNREFUSED\n`, { what: "its words" });
});
