/**
 * Runs Jobs and Deployments as processes of this machine, without containers: the product's own programs, and workers
 * in images of the local store. It is no sandbox beyond what workerd is: everything runs as the user who started it.
 */

import { join } from "node:path";
import type { Deployment } from "../../api/builtin.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { openImageStore } from "../../stores/image.ts";
import { unpackImage } from "../../stores/materialise.ts";
import type { Backoff } from "./backoff.ts";
import { deploymentRunner } from "./deployment-runner.ts";
import { selects } from "./endpoint-slices.ts";
import { eventRecorder } from "./event-recorder.ts";
import { imageCache } from "./image-cache.ts";
import { jobRunner } from "./job-runner.ts";
import type { Program } from "./launch.ts";
import { type LogFile, type LogOwner, logFile, logPath } from "./logs.ts";
import { processTable } from "./process-table.ts";
import { type ReconcileLoop, reconcileLoop } from "./reconcile-loop.ts";
import { keyOf, observeKinds, type RunnerContext, type WorkloadsLog } from "./runner-context.ts";
import { type SliceWriter, sliceWriter } from "./slice-writer.ts";
import { type StableTemplates, stableTemplates } from "./stable-templates.ts";
import { refuseStatefulSet } from "./stateful-sets.ts";

export type { Program, ProgramCommand, ProgramContext } from "./launch.ts";

/** By image name, without a tag. */
export type Programs = Readonly<Record<string, Program>>;

export interface WorkloadsOptions {
  client: KubernetesClient;
  /** `logs/`, `run/` and `workloads/` in it are the runner's. Only one runner at a time may use it. */
  dataDir: string;
  programs: Programs;
  /** Worker images are `<imagePrefix>/<account>:<tag>`. */
  imagePrefix: string;
  /** Where they are, such as `oci:/dir`. */
  imageStore: string;
  /** How long routers may need to see that an address has moved. Default 200 ms. */
  settleMs?: number;
  /** Between starts of what keeps failing. Default: at once, then 1 s, doubled up to 60 s. */
  backoff?: Backoff;
  log?: WorkloadsLog;
}

export interface Workloads {
  /** Ends all processes within 3 s. The objects stay as they are: the next start takes them up again. */
  close(): Promise<void>;
}

const silent: WorkloadsLog = { info: () => undefined, warn: () => undefined };
const closeGraceMs = 2_000;

/** Resolves when everything that should run is being started. */
export async function startWorkloads(options: WorkloadsOptions): Promise<Workloads> {
  const { client, dataDir, log = silent } = options;
  const onError = (error: unknown) => log.warn({ err: error }, "talking to the Kubernetes API failed");
  const slices = await sliceWriter(client);
  const processes = await processTable(dataDir);
  const observed = observeKinds(client, onError);
  const images = await imageCache(join(dataDir, "workloads", "images"), async (account, tag, directory) =>
    unpackImage(await openImageStore(options.imageStore, account), tag, directory),
  );
  const logs = logFiles(dataDir);
  const context: RunnerContext = {
    client,
    observed,
    launch: { programs: options.programs, imagePrefix: options.imagePrefix, images, processes },
    recordEvent: eventRecorder(client, onError),
    logOf: logs.of,
    backoff: options.backoff ?? { firstMs: 1_000, longestMs: 60_000 },
    settleMs: options.settleMs ?? 200,
    log,
  };
  const stable = stableTemplates(join(dataDir, "workloads", "stable"));
  const loops = startLoops(context, slices, stable);

  async function close(): Promise<void> {
    observed.close();
    await loops.close();
    await processes.close(closeGraceMs);
    await logs.flush();
  }

  try {
    await observed.ready;
  } catch (error) {
    await close();
    throw error;
  }
  await stable.keepOnly(new Set(observed.deployments.list().map(({ metadata }) => metadata.uid ?? "")));
  loops.follow();
  return { close };
}

interface Loops {
  /** Takes up everything that is there, then every change. */
  follow(): void;
  close(): Promise<void>;
}

function startLoops(context: RunnerContext, slices: SliceWriter, stable: StableTemplates): Loops {
  const { observed, log } = context;
  const onError = (key: string, error: unknown) => log.warn({ err: error, key }, "a step failed and is tried again");
  const deployments: ReconcileLoop = reconcileLoop({
    reconcile: (key) => runDeployments.reconcile(key),
    onError,
  });
  const jobs: ReconcileLoop = reconcileLoop({ reconcile: (key) => runJobs.reconcile(key), onError });
  const statefulSets: ReconcileLoop = reconcileLoop({
    reconcile: (key) => refuseStatefulSet(key, context),
    onError,
  });
  const runDeployments = deploymentRunner({ ...context, slices, stable, trigger: deployments.trigger });
  const runJobs = jobRunner({ ...context, trigger: jobs.trigger });

  /** A Secret or ConfigMap may be what something waits for. */
  function triggerNamespace(namespace: string | undefined): void {
    for (const { metadata } of observed.deployments.list(namespace)) deployments.trigger(keyOf(metadata));
    for (const { metadata } of observed.jobs.list(namespace)) jobs.trigger(keyOf(metadata));
  }

  return {
    follow() {
      observed.deployments.onChange((_, { metadata }) => deployments.trigger(keyOf(metadata)));
      observed.jobs.onChange((_, { metadata }) => jobs.trigger(keyOf(metadata)));
      observed.statefulSets.onChange((_, { metadata }) => statefulSets.trigger(keyOf(metadata)));
      for (const { metadata } of observed.statefulSets.list()) statefulSets.trigger(keyOf(metadata));
      observed.services.onChange((_, service, old) => {
        for (const deployment of observed.deployments.list(service.metadata.namespace)) {
          const isConcerned = [service, old].some((each) => each && selects(each, workloadOf(deployment)));
          if (isConcerned) deployments.trigger(keyOf(deployment.metadata));
        }
      });
      observed.secrets.onChange((_, { metadata }) => triggerNamespace(metadata.namespace));
      observed.configMaps.onChange((_, { metadata }) => triggerNamespace(metadata.namespace));
      triggerNamespace(undefined);
    },
    close: async () => void (await Promise.all([deployments, jobs, statefulSets].map((loop) => loop.close()))),
  };
}

function workloadOf({ metadata, spec }: Deployment) {
  return { namespace: metadata.namespace ?? "", labels: spec?.template.metadata?.labels ?? {} };
}

/** One open log for each owner, however many processes write to it. */
function logFiles(dataDir: string) {
  const files = new Map<string, LogFile>();
  return {
    of(owner: LogOwner): LogFile {
      const path = logPath(dataDir, owner);
      const file = files.get(path) ?? logFile(path);
      files.set(path, file);
      return file;
    },
    flush: async () => void (await Promise.all([...files.values()].map((each) => each.flush()))),
  };
}
