/** Test support: a real API server, real images of real workers, and the runner. */

import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Deployment, Job } from "../../api/builtin.ts";
import { type Cache, cache } from "../../kubernetes/cache.ts";
import { connect, type KubernetesClient } from "../../kubernetes/client.ts";
import { type ImageStore, openImageStore } from "../../stores/image.ts";
import { mediaTypes } from "../../stores/oci.ts";
import { configPath, layerDescriptor, layerOf } from "../../stores/worker-image.ts";
import { type ApiServer, startApiServer } from "../apiserver/start.ts";
import { startWorkloads, type Workloads, type WorkloadsOptions } from "./start.ts";
import type { Container } from "./template.ts";

export interface World {
  server: ApiServer;
  client: KubernetesClient;
  dataDir: string;
  cleanups: (() => unknown)[];
  deployments: Cache<Deployment>;
  jobs: Cache<Job>;
  start(options?: Partial<WorkloadsOptions>): Promise<Workloads>;
  close(): Promise<void>;
}

export async function newWorld(): Promise<World> {
  const dataDir = await mkdtemp(join(tmpdir(), "octoplane-workloads-"));
  const server = await startApiServer({ dataFile: ":memory:" });
  const client = connect({ url: server.url, token: server.token });
  const deployments = cache(client, Deployment);
  const jobs = cache(client, Job);
  const cleanups: (() => unknown)[] = [
    () => rm(dataDir, { recursive: true, force: true }),
    () => server.close(),
    () => deployments.close(),
    () => jobs.close(),
  ];
  return {
    server,
    client,
    dataDir,
    cleanups,
    deployments,
    jobs,
    async start(options = {}) {
      const workloads = await startWorkloads({
        client,
        dataDir,
        programs: { "octoplane.local/script": script },
        imagePrefix: "octoplane.local",
        imageStore: `oci:${join(dataDir, "images")}`,
        settleMs: 50,
        backoff: { firstMs: 20, longestMs: 100 },
        ...options,
      });
      cleanups.push(() => workloads.close());
      return workloads;
    },
    async close() {
      for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
    },
  };
}

/** A program that runs its container's first argument as a script of Node. */
function script(container: Container) {
  return { command: process.execPath, args: ["-e", container.command?.[0] ?? ""] };
}

/** Puts an image whose one worker is this code, with a text binding NAME, a variable SECRET, and a health socket. */
export async function pushWorker(world: World, tag: string, code = answerName): Promise<string> {
  const store = await openImageStore(`oci:${join(world.dataDir, "images")}`, "acme");
  const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "web", worker = (
      modules = [(name = "main", esModule = embed "0123456789abcdef/m0")],
      compatibilityDate = "2026-11-01",
      bindings = [(name = "NAME", text = "${tag}"), (name = "SECRET", fromEnvironment = "WEB_SECRET")])),
    (name = "ok", worker = (
      modules = [(name = "main", esModule = "export default { fetch() { return new Response('ok'); } }")],
      compatibilityDate = "2026-11-01"))],
  sockets = [(name = "web", http = (), service = "web"), (name = "health", http = (), service = "ok")]);
`;
  await putImage(store, tag, [
    { path: "worker/0123456789abcdef/m0", bytes: Buffer.from(code) },
    { path: configPath, bytes: Buffer.from(config) },
  ]);
  return store.reference(tag);
}

export const answerName = `export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/slow") await scheduler.wait(150);
    return new Response(env.NAME + " " + (env.SECRET ?? ""));
  },
};`;

async function putImage(store: ImageStore, tag: string, files: Parameters<typeof layerOf>[0]): Promise<void> {
  const layer = await layerOf(files);
  await store.putBlob(layer.digest, layer.bytes);
  const config = await layerOf([]);
  await store.putBlob(config.digest, config.bytes);
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType: mediaTypes.config, digest: config.digest, size: config.size },
    layers: [layerDescriptor(layer, "config")],
  };
  await store.putManifest(tag, Buffer.from(JSON.stringify(manifest)), mediaTypes.manifest);
}

/** What runs now, by the notes that the runner keeps. */
export function runningProcesses({ dataDir }: World): { pid: number; name: string }[] {
  const directory = join(dataDir, "run");
  const notes = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".json"));
  return notes.map((name) => JSON.parse(readFileSync(join(directory, name), "utf8")));
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
