/**
 * How clients find blobs: every program has the same map of shards. A shard's key is its ordinal, so that adding or
 * removing one moves the blobs of that one only (rendezvous hashing).
 */

import type { BuildbarnStorage } from "../../api/buildbarn/buildbarn-storage.ts";
import { type Place, shardAddress } from "../../api/buildbarn/names.ts";
import type { BuildbarnVersion } from "../../api/buildbarn/versions.ts";
import type { ConfigObject } from "./jsonnet.ts";
import type { Settings } from "./kinds.ts";
import { int64 } from "./servers.ts";
import { grpcClient } from "./trust.ts";

const maximumTotalTreeSizeBytes = int64(64 * 1024 * 1024);

export interface Shards {
  storage: BuildbarnStorage;
  count: number;
  /** The map before, while blobs are still looked for there. */
  previousCount?: number | undefined;
  version: BuildbarnVersion;
  client: { secretName: string } | undefined;
  settings: Settings;
}

export function placeOf(
  { metadata }: { metadata: { name: string; namespace?: string } },
  { buildbarn }: Settings,
): Place {
  return { name: metadata.name, namespace: metadata.namespace ?? "", clusterDomain: buildbarn?.clusterDomain };
}

function shard(shards: Shards, ordinal: number): ConfigObject {
  const { storage, client, version, settings } = shards;
  const server = grpcClient(shardAddress(placeOf(storage, settings), ordinal), "storage", storage.spec.tls, client);
  return { backend: { grpc: version.grpcBackend === "client" ? { client: server } : server }, weight: 1 };
}

function sharding(shards: Shards, count: number): ConfigObject {
  const ordinals = Array.from({ length: count }, (_, ordinal) => ordinal);
  return { sharding: { shards: Object.fromEntries(ordinals.map((n) => [String(n), shard(shards, n)])) } };
}

/** Any of the stores: all of them lie on the same shards. */
export function shardedStore(shards: Shards): ConfigObject {
  const { count, previousCount } = shards;
  if (previousCount === undefined) return sharding(shards, count);
  return {
    readFallback: {
      primary: sharding(shards, count),
      secondary: sharding(shards, previousCount),
      replicator: { local: {} },
    },
  };
}

/** Results are only good as long as all their outputs are there. */
export function actionCache(shards: Shards): ConfigObject {
  return { completenessChecking: { backend: shardedStore(shards), maximumTotalTreeSizeBytes } };
}

export function blobstore(shards: Shards): ConfigObject {
  return { contentAddressableStorage: shardedStore(shards), actionCache: actionCache(shards) };
}
