/** The configuration of a shard. It knows nothing of other shards, so that their number never restarts one. */

import type { BuildbarnStorage } from "../../api/buildbarn/buildbarn-storage.ts";
import { configKeys, ports } from "../../api/buildbarn/names.ts";
import { type Claim, currentBlocks, oldBlocks, sizeOf, spareBlocks } from "./buildbarn-storage.volumes.ts";
import type { ConfigObject } from "./jsonnet.ts";
import { type Generated, overridden } from "./plan.ts";
import { diagnostics, grpcServer, int64, seconds } from "./servers.ts";
import { authorizerOf, secretsOf } from "./trust.ts";

/** Where a store's volume is mounted, as in the original. */
export function folderOf({ name }: Pick<Claim, "name">): string {
  return `/storage-${name}`;
}

export function stateFolderOf(claim: Pick<Claim, "name">): string {
  return `${folderOf(claim)}/persistent_state`;
}

function localStore(storage: BuildbarnStorage, claim: Claim): ConfigObject {
  const { keyLocationMapBytes, blocksBytes, newBlocks } = sizeOf(storage, claim);
  const file = (name: string, size: number) => ({
    file: { path: `${folderOf(claim)}/${name}`, sizeBytes: int64(size) },
  });
  return {
    local: {
      keyLocationMapOnBlockDevice: file("key_location_map", keyLocationMapBytes),
      keyLocationMapMaximumGetAttempts: 16,
      keyLocationMapMaximumPutAttempts: int64(64),
      oldBlocks,
      currentBlocks,
      newBlocks,
      blocksOnBlockDevice: { source: file("blocks", blocksBytes), spareBlocks },
      persistent: {
        stateDirectoryPath: stateFolderOf(claim),
        minimumEpochInterval: seconds(storage.spec.minimumEpochIntervalSeconds),
      },
    },
  };
}

export function storageConfig(storage: BuildbarnStorage, claims: readonly Claim[]): ConfigObject {
  const { tls, auth = {}, maximumMessageSizeBytes } = storage.spec;
  const stores = claims.map((claim) => {
    const rights = { getAuthorizer: authorizerOf(auth.get), putAuthorizer: authorizerOf(auth.put) };
    return [claim.name, { backend: localStore(storage, claim), ...rights }] as const;
  });
  const { cas = {}, ac = {}, fsac = {} } = Object.fromEntries(stores);
  return {
    grpcServers: [grpcServer(ports.storage, tls)],
    maximumMessageSizeBytes: int64(maximumMessageSizeBytes),
    global: diagnostics(ports.diagnostics),
    contentAddressableStorage: { ...cas, findMissingAuthorizer: authorizerOf(auth.findMissing) },
    actionCache: ac,
    fileSystemAccessCache: fsac,
    executeAuthorizer: { deny: {} },
  };
}

export function generatedStorage(storage: BuildbarnStorage, claims: readonly Claim[]): Generated {
  const secrets = secretsOf({ own: storage.spec.tls });
  return {
    files: { [configKeys.storage]: overridden(storageConfig(storage, claims), storage.spec.configOverrides) },
    ingredients: secrets === undefined ? {} : { secrets },
  };
}
