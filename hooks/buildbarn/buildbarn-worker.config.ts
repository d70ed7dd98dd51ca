/** The configuration of a pool: that of the worker, and that of the runner, which starts the actions. */

import type { BuildbarnScheduler } from "../../api/buildbarn/buildbarn-scheduler.ts";
import type { BuildbarnWorker } from "../../api/buildbarn/buildbarn-worker.ts";
import { configKeys, ports } from "../../api/buildbarn/names.ts";
import type { Verdict } from "../contract/conditions.ts";
import type { ObjectSet } from "../contract/observed.ts";
import { actionCache, type Shards, shardedStore } from "./blobstore.ts";
import {
  buildDirectory,
  diskTooSmall,
  filePool,
  inputs,
  prefetching,
  runnerLimits,
} from "./buildbarn-worker.build-directory.ts";
import { workerGrace } from "./grace.ts";
import { type ConfigObject, environmentVariable } from "./jsonnet.ts";
import type { Settings } from "./kinds.ts";
import { type Generated, isVerdict, overridden } from "./plan.ts";
import { platformOf } from "./platform.ts";
import { diagnostics, int64 } from "./servers.ts";
import { browserFor, browserLink, schedulerClient, schedulerFor } from "./siblings.ts";
import { storagePartsOf } from "./storage-use.ts";
import { certificateMissing, secretsOf } from "./trust.ts";
import { buildFolder, runnerSocket } from "./worker-folders.ts";

/** Directories that many actions share are read once. */
const directoryCache = {
  maximumCount: int64(1000),
  maximumSizeBytes: int64(1000 * 1024),
  cacheReplacementPolicy: "LEAST_RECENTLY_USED",
};

function runnerOf(worker: BuildbarnWorker): ConfigObject {
  const { concurrency, instanceNamePrefix, sizeClass, environment } = worker.spec;
  return {
    endpoint: { address: `unix://${runnerSocket}` },
    concurrency: int64(concurrency),
    ...(instanceNamePrefix === undefined ? {} : { instanceNamePrefix }),
    platform: { properties: platformOf(worker).map((property) => ({ ...property })) },
    ...(sizeClass === 0 ? {} : { sizeClass }),
    ...(environment === undefined ? {} : { environmentVariables: environment }),
    ...runnerLimits(worker),
    workerId: { pod: environmentVariable("POD_NAME"), node: environmentVariable("NODE_NAME") },
  };
}

interface Parts {
  scheduler: ConfigObject;
  shards: Shards;
  link: ConfigObject;
}

function workerConfig(worker: BuildbarnWorker, { scheduler, shards, link }: Parts): ConfigObject {
  const { maximumMessageSizeBytes, inputDownloadConcurrency, outputUploadConcurrency } = worker.spec;
  return {
    blobstore: { contentAddressableStorage: inputs(worker, shardedStore(shards)), actionCache: actionCache(shards) },
    ...link,
    maximumMessageSizeBytes: int64(maximumMessageSizeBytes),
    scheduler,
    // Actions run as another user than the worker, and both write to the build directory.
    global: { ...diagnostics(ports.diagnostics), setUmask: { umask: 0 } },
    buildDirectories: [{ ...buildDirectory(worker), runners: [runnerOf(worker)] }],
    ...filePool(worker),
    inputDownloadConcurrency: int64(inputDownloadConcurrency),
    outputUploadConcurrency: int64(outputUploadConcurrency),
    directoryCache,
    ...prefetching(worker, shardedStore(shards)),
  };
}

/** It stops when its last action is done; its own port for diagnostics, since it shares the network of the worker. */
const runnerConfig: ConfigObject = {
  buildDirectoryPath: buildFolder,
  grpcServers: [{ listenPaths: [runnerSocket], authenticationPolicy: { allow: {} }, stopGracefully: true }],
  global: diagnostics(ports.runnerDiagnostics),
};

interface Partners {
  scheduler: BuildbarnScheduler;
  link: ConfigObject;
}

function partnersOf(worker: BuildbarnWorker, related: ObjectSet, settings: Settings): Partners | Verdict {
  const { schedulerRef, browserRef, clientTls } = worker.spec;
  const scheduler = schedulerFor(schedulerRef, related);
  const browser = browserFor(browserRef, related);
  if (scheduler.object === undefined || browser.problem !== undefined) {
    return (scheduler.problem ?? browser.problem) as Verdict;
  }
  const certificate = certificateMissing(scheduler.object, scheduler.object.spec.tls)(clientTls);
  return certificate ?? { scheduler: scheduler.object, link: browserLink(browser.object, settings) };
}

export function generatedWorker(worker: BuildbarnWorker, related: ObjectSet, settings: Settings): Generated | Verdict {
  const { clientTls, configOverrides, runnerConfigOverrides, instance } = worker.spec;
  const small = diskTooSmall(worker);
  if (small !== undefined) return small;
  const partners = partnersOf(worker, related, settings);
  if (isVerdict(partners)) return partners;
  const parts = storagePartsOf({ client: worker, related, settings });
  if (isVerdict(parts)) return parts;

  const { scheduler, link } = partners;
  const { storage, shards, ingredient } = parts;
  const secrets = secretsOf({ client: clientTls, storage: storage.spec.tls, scheduler: scheduler.spec.tls });
  const client = schedulerClient(scheduler, ports.schedulerWorker, clientTls, settings);
  const config = workerConfig(worker, { scheduler: client, shards, link });
  return {
    files: {
      [configKeys.worker(instance)]: overridden(config, configOverrides),
      [configKeys.runner(instance)]: overridden(runnerConfig, runnerConfigOverrides),
    },
    ingredients: {
      storage: ingredient,
      graceSeconds: workerGrace(scheduler),
      ...(secrets === undefined ? {} : { secrets }),
    },
  };
}
