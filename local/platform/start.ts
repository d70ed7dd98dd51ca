/**
 * The whole platform in one process: the same hooks and services as in a cluster, with a small world around them. All
 * parts talk over HTTP on loopback, through the client that they use in a cluster.
 */

import { join } from "node:path";
import { destination, pino } from "pino";
import { connect, type KubernetesClient } from "../../kubernetes/client.ts";
import { startHookServer } from "../../server/start.ts";
import { startRouter } from "../../services/router/start.ts";
import { startSweeper } from "../../services/sweeper/start.ts";
import { startWorkersApi } from "../../services/workers-api/start.ts";
import { openBlobStore } from "../../stores/blob.ts";
import { openImageStore } from "../../stores/image.ts";
import { startApiServer } from "../apiserver/start.ts";
import { startDriver } from "../driver/start.ts";
import { startWorkloads } from "../workloads/start.ts";
import { type DataFolder, openFolder, writePrivate } from "./folder.ts";
import { holdFolder } from "./hold.ts";
import { install } from "./install.ts";
import { type ChosenPorts, choosePorts, type MovedPort } from "./ports.ts";
import { programs } from "./programs.ts";
import { type PlatformState, readRecord, stateOf, writeRecord } from "./record.ts";
import { domain, imagePrefix, localSettings } from "./settings.ts";

export interface PlatformOptions {
  dataDir: string;
  /** Port of the router; the others follow. Default: as last time, else 8080 or the next free one. */
  port?: number | undefined;
  /** Told what is being started. */
  onProgress?: (what: string) => void;
}

export interface Platform {
  folder: DataFolder;
  client: KubernetesClient;
  routerPort: number;
  /** Ports that are others than last time, because another program has them now. */
  movedPorts: readonly MovedPort[];
  /** What CLOUDFLARE_API_BASE_URL must say. */
  apiBaseUrl: string;
  /** Ends every part and every worker; nothing is left running. */
  close(): Promise<void>;
}

const sweepIntervalSeconds = 3600;
const sweepGraceSeconds = 24 * 3600;

interface Part {
  close(): Promise<unknown>;
}

/** Ends parts in the reverse order of their start, so that nobody loses what he still needs. */
async function closeAll(parts: readonly Part[]): Promise<void> {
  for (const part of parts.toReversed()) await part.close();
}

export class FolderInUse extends Error {
  constructor({ path }: Pick<DataFolder, "path">, state: PlatformState = "answers") {
    const process = `process ${readRecord({ path })?.pid ?? "unknown"}`;
    super(
      state === "answers"
        ? `a platform is already running on ${path} (${process})`
        : `a platform holds ${path} and does not answer (${process}): it is starting, stopped (Ctrl-Z) or hangs`,
    );
    this.name = "FolderInUse";
  }
}

/** @throws Error naming what is wrong (folder in use, port taken, ...); then nothing is left running. */
export async function startPlatform({ dataDir, port, onProgress = () => {} }: PlatformOptions): Promise<Platform> {
  const folder = openFolder(dataDir);
  const state = await stateOf(folder);
  if (state !== "ended") throw new FolderInUse(folder, state);
  const before = readRecord(folder);
  const chosen = await choosePorts(port, before?.preferredPorts ?? before?.ports);
  const hold = holdFolder(folder);
  if (hold === undefined) throw new FolderInUse(folder);

  const parts: Part[] = [{ close: async () => hold.release() }];
  try {
    const kubernetesUrl = `http://127.0.0.1:${chosen.ports.kubernetes}`;
    writeRecord(folder, { pid: process.pid, ports: chosen.ports, preferredPorts: chosen.preferred, kubernetesUrl });
    return await startParts(folder, chosen, parts, onProgress);
  } catch (error) {
    await closeAll(parts);
    throw error;
  }
}

async function startParts(
  folder: DataFolder,
  { ports, moved }: ChosenPorts,
  parts: Part[],
  onProgress: (what: string) => void,
): Promise<Platform> {
  const log = pino({ base: {} }, destination({ dest: join(folder.logs, "platform.log"), mkdir: true, sync: false }));
  const settings = localSettings(folder, ports.router);
  const started = <P extends Part>(part: P): P => {
    parts.push(part);
    return part;
  };

  onProgress("the Kubernetes-style API");
  const apiServer = started(
    await startApiServer({ dataFile: folder.state, port: ports.kubernetes, token: folder.token }),
  );
  writePrivate(folder.kubeconfig, apiServer.kubeconfig());
  const client = connect({ url: apiServer.url, token: folder.token });

  onProgress("hooks and their driver");
  const hooks = started(await startHookServer({ settings, log: log.child({ part: "hooks" }) }));
  await install(client, hooks.url);
  started(
    await startDriver({ client, log: (level, message, fields) => log[level]({ part: "driver", ...fields }, message) }),
  );

  onProgress("the workload runner and the router");
  const images = { imagePrefix, imageStore: settings.imageStore };
  started(
    await startWorkloads({ client, dataDir: folder.path, programs, ...images, log: log.child({ part: "workloads" }) }),
  );
  started(await startRouter({ client, port: ports.router, log: log.child({ part: "router" }) }));

  onProgress("the Workers API");
  const blobStore = await openBlobStore(settings.blobStore);
  const urls = { domain, urlScheme: settings.urlScheme, urlPort: ports.router };
  const api = started(
    await startWorkersApi({ client, blobStore, port: ports.api, ...urls, log: log.child({ part: "api" }) }),
  );
  started(
    await startSweeper({
      client,
      blobStore,
      openImages: (account) => openImageStore(settings.imageStore, account),
      intervalSeconds: sweepIntervalSeconds,
      graceSeconds: sweepGraceSeconds,
      log: log.child({ part: "sweeper" }),
    }),
  );

  return {
    folder,
    client,
    routerPort: ports.router,
    movedPorts: moved,
    apiBaseUrl: `${api.url}/client/v4`,
    close: () => closeAll(parts),
  };
}
