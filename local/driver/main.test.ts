import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { Event } from "../../api/builtin.ts";
import { connect } from "../../kubernetes/client.ts";
import { CustomResourceDefinition, controllerDefinition } from "../../test/vectors/kinds.ts";
import { startApiServer } from "../apiserver/start.ts";
import { CompositeController } from "./composite-controller.ts";

const eventually = (assertion: () => unknown) => expect.poll(assertion, { timeout: 15_000, interval: 20 });

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

function program(env: Record<string, string>): ChildProcess & { output: () => string } {
  const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts")], { env, stdio: "pipe" });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  onTestFinished(() => void child.kill("SIGKILL"));
  return Object.assign(child, { output: () => output });
}

async function status(url: string): Promise<number> {
  return fetch(url).then(
    (response) => response.status,
    () => 0,
  );
}

it("waits for the kind CompositeController, drives, and ends when it is told to", async () => {
  const server = await startApiServer({ dataFile: ":memory:" });
  const folder = mkdtempSync(join(tmpdir(), "driver-"));
  onTestFinished(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });
  const KUBECONFIG = join(folder, "kubeconfig");
  writeFileSync(KUBECONFIG, server.kubeconfig());
  const port = await freePort();
  const driver = program({ KUBECONFIG, HEALTH_PORT: String(port) });
  await eventually(() => status(`http://127.0.0.1:${port}/healthz`)).toBe(200);
  expect(await status(`http://127.0.0.1:${port}/readyz`)).toBe(503);

  const client = connect({ url: server.url, token: server.token });
  await client.create(CustomResourceDefinition, controllerDefinition);
  await client.create(CompositeController, {
    apiVersion: "metacontroller.k8s.io/v1alpha1",
    kind: "CompositeController",
    metadata: { name: "c" },
    spec: {
      parentResource: { apiVersion: "v1", resource: "nothings" },
      hooks: { sync: { webhook: { url: "http://x" } } },
    },
  });
  await eventually(() => status(`http://127.0.0.1:${port}/readyz`)).toBe(200);
  await eventually(async () => (await client.list(Event)).items.map(({ message }) => message).join()).toMatch(
    /can't find parent resource "nothings"/,
  );

  driver.kill("SIGTERM");
  expect(await once(driver, "exit")).toEqual([0, null]);
});

it("says what is wrong with its environment", async () => {
  const driver = program({ WORKERS: "many" });
  expect(await once(driver, "exit")).toEqual([1, null]);
  expect(driver.output()).toContain('WORKERS must be a whole number of at least 1, not \\"many\\"');
});
