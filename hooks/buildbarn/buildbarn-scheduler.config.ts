/** The configuration of the scheduler. */

import { BuildbarnScheduler } from "../../api/buildbarn/buildbarn-scheduler.ts";
import { BuildbarnWorker } from "../../api/buildbarn/buildbarn-worker.ts";
import { configKeys, ports } from "../../api/buildbarn/names.ts";
import type { Verdict } from "../contract/conditions.ts";
import type { ObjectSet } from "../contract/observed.ts";
import { type Shards, shardedStore } from "./blobstore.ts";
import { type Queue, queuesOf } from "./buildbarn-scheduler.queues.ts";
import type { ConfigObject } from "./jsonnet.ts";
import type { Settings } from "./kinds.ts";
import { type Generated, isVerdict, overridden } from "./plan.ts";
import { diagnostics, grpcServer, httpServer, int64, seconds } from "./servers.ts";
import { browserFor, browserLink } from "./siblings.ts";
import { storagePartsOf } from "./storage-use.ts";
import { authorizerOf, secretsOf } from "./trust.ts";

/** Pools that are bound to this scheduler, by reference or because it is the only one. */
export function poolsOf({ metadata }: BuildbarnScheduler, related: ObjectSet): BuildbarnWorker[] {
  const isOnly = related.all(BuildbarnScheduler).every((other) => other.metadata.name === metadata.name);
  return related
    .all(BuildbarnWorker)
    .filter(({ spec }) => (spec.schedulerRef === undefined ? isOnly : spec.schedulerRef.name === metadata.name));
}

export function predeclaredQueues(scheduler: BuildbarnScheduler, related: ObjectSet): Queue[] {
  return queuesOf(poolsOf(scheduler, related));
}

function predeclared(queues: readonly Queue[]): ConfigObject {
  if (queues.length === 0) return {};
  return {
    predeclaredPlatformQueues: queues.map(({ instanceNamePrefix, platform, sizeClasses }) => ({
      instanceNamePrefix,
      platform: { properties: platform.map((property) => ({ ...property })) },
      sizeClasses,
      maximumQueuedBackgroundLearningOperations: 0,
    })),
  };
}

function authorizers({ spec: { auth = {} } }: BuildbarnScheduler): ConfigObject {
  return {
    executeAuthorizer: authorizerOf(auth.execute),
    modifyDrainsAuthorizer: authorizerOf(auth.modifyDrains),
    killOperationsAuthorizer: authorizerOf(auth.killOperations),
    synchronizeAuthorizer: authorizerOf(auth.synchronize),
  };
}

interface Parts {
  shards: Shards;
  queues: readonly Queue[];
  link: ConfigObject;
}

function schedulerConfig(scheduler: BuildbarnScheduler, { shards, queues, link }: Parts): ConfigObject {
  const { spec } = scheduler;
  return {
    adminHttpServers: [httpServer(ports.schedulerAdmin)],
    clientGrpcServers: [grpcServer(ports.schedulerClient, spec.tls)],
    workerGrpcServers: [grpcServer(ports.schedulerWorker, spec.tls)],
    buildQueueStateGrpcServers: [grpcServer(ports.schedulerQueues, spec.tls)],
    contentAddressableStorage: shardedStore(shards),
    maximumMessageSizeBytes: int64(spec.maximumMessageSizeBytes),
    global: diagnostics(ports.diagnostics),
    ...link,
    ...authorizers(scheduler),
    actionRouter: {
      simple: {
        platformKeyExtractor: { action: {} },
        invocationKeyExtractors: [{ correlatedInvocationsId: {} }, { toolInvocationId: {} }],
        initialSizeClassAnalyzer: {
          defaultExecutionTimeout: seconds(spec.defaultExecutionTimeoutSeconds),
          maximumExecutionTimeout: seconds(spec.maximumExecutionTimeoutSeconds),
        },
      },
    },
    platformQueueWithNoWorkersTimeout: seconds(spec.noWorkersTimeoutSeconds),
    ...predeclared(queues),
  };
}

export function generatedScheduler(
  scheduler: BuildbarnScheduler,
  related: ObjectSet,
  settings: Settings,
): Generated | Verdict {
  const { browserRef, tls, clientTls, configOverrides } = scheduler.spec;
  const browser = browserFor(browserRef, related);
  if (browser.problem !== undefined) return browser.problem;
  const parts = storagePartsOf({ client: scheduler, related, settings });
  if (isVerdict(parts)) return parts;

  const { storage, shards, ingredient } = parts;
  const secrets = secretsOf({ own: tls, client: clientTls, storage: storage.spec.tls });
  const link = browserLink(browser.object, settings);
  const config = schedulerConfig(scheduler, { shards, queues: predeclaredQueues(scheduler, related), link });
  return {
    files: { [configKeys.scheduler]: overridden(config, configOverrides) },
    ingredients: { storage: ingredient, ...(secrets === undefined ? {} : { secrets }) },
  };
}
