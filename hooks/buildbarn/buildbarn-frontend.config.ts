/** The configuration of the frontend: blobs to the shards, actions to the scheduler. */

import type { BuildbarnFrontend } from "../../api/buildbarn/buildbarn-frontend.ts";
import type { BuildbarnScheduler } from "../../api/buildbarn/buildbarn-scheduler.ts";
import { configKeys, ports } from "../../api/buildbarn/names.ts";
import type { Verdict } from "../contract/conditions.ts";
import type { ObjectSet } from "../contract/observed.ts";
import { actionCache, type Shards, shardedStore } from "./blobstore.ts";
import type { ConfigObject } from "./jsonnet.ts";
import type { Settings } from "./kinds.ts";
import { type Generated, isVerdict, overridden } from "./plan.ts";
import { diagnostics, grpcServer, int64, seconds } from "./servers.ts";
import { schedulerClient, schedulerFor } from "./siblings.ts";
import { storagePartsOf } from "./storage-use.ts";
import { authorizerOf, certificateMissing, secretsOf } from "./trust.ts";

const requestMetadata = "build.bazel.remote.execution.v2.requestmetadata-bin";

function frontendConfig(
  { spec }: BuildbarnFrontend,
  scheduler: BuildbarnScheduler,
  shards: Shards,
  settings: Settings,
): ConfigObject {
  const { tls, clientTls, auth = {}, maximumConnectionAgeSeconds, maximumMessageSizeBytes } = spec;
  const rights = { getAuthorizer: authorizerOf(auth.get), putAuthorizer: authorizerOf(auth.put) };
  const age = { keepaliveParameters: { maxConnectionAge: seconds(maximumConnectionAgeSeconds) } };
  const endpoint = {
    ...schedulerClient(scheduler, ports.schedulerClient, clientTls, settings),
    // Who asked is told on, so that the scheduler is fair to invocations and pages link to them.
    addMetadataJmespathExpression: {
      expression: `{"${requestMetadata}": incomingGRPCMetadata."${requestMetadata}"}`,
    },
  };
  return {
    grpcServers: [grpcServer(ports.frontend, tls, age)],
    maximumMessageSizeBytes: int64(maximumMessageSizeBytes),
    global: diagnostics(ports.diagnostics),
    contentAddressableStorage: {
      backend: shardedStore(shards),
      ...rights,
      findMissingAuthorizer: authorizerOf(auth.findMissing),
    },
    actionCache: { backend: actionCache(shards), ...rights },
    fileSystemAccessCache: { backend: shardedStore(shards), ...rights },
    schedulers: { "": { endpoint } },
    executeAuthorizer: authorizerOf(auth.execute),
  };
}

export function generatedFrontend(
  frontend: BuildbarnFrontend,
  related: ObjectSet,
  settings: Settings,
): Generated | Verdict {
  const { schedulerRef, clientTls, tls, configOverrides } = frontend.spec;
  const { object: scheduler, problem } = schedulerFor(schedulerRef, related);
  if (scheduler === undefined) return problem as Verdict;
  const certificate = certificateMissing(scheduler, scheduler.spec.tls)(clientTls);
  if (certificate !== undefined) return certificate;
  const parts = storagePartsOf({ client: frontend, related, settings });
  if (isVerdict(parts)) return parts;

  const { storage, shards, ingredient } = parts;
  const secrets = secretsOf({
    own: tls,
    client: clientTls,
    storage: storage.spec.tls,
    scheduler: scheduler.spec.tls,
  });
  const config = frontendConfig(frontend, scheduler, shards, settings);
  return {
    files: { [configKeys.frontend]: overridden(config, configOverrides) },
    ingredients: { storage: ingredient, ...(secrets === undefined ? {} : { secrets }) },
  };
}
