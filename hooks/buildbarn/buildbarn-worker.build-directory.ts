/** The two ways in which actions find their inputs: hard links into a cache, or a file system that loads on reading. */

import type { BuildbarnWorker } from "../../api/buildbarn/buildbarn-worker.ts";
import { no, type Verdict } from "../contract/conditions.ts";
import { canonicalQuantity, unitsOf } from "../contract/quantity.ts";
import type { ConfigObject } from "./jsonnet.ts";
import { int64 } from "./servers.ts";
import { blobFolder, buildFolder, cacheFolder, filePoolPath } from "./worker-folders.ts";

export function isFuse({ spec }: BuildbarnWorker): boolean {
  return spec.buildDirectory.type === "FUSE";
}

function fuseOnly(worker: BuildbarnWorker, config: () => ConfigObject): ConfigObject {
  return isFuse(worker) ? config() : {};
}

export function buildDirectory(worker: BuildbarnWorker): ConfigObject {
  const { cacheFiles, cacheSize } = worker.spec.buildDirectory;
  if (isFuse(worker)) return { virtual: virtualDirectory };
  return {
    native: {
      buildDirectoryPath: buildFolder,
      cacheDirectoryPath: cacheFolder,
      maximumCacheFileCount: int64(cacheFiles),
      maximumCacheSizeBytes: int64(unitsOf(cacheSize)),
      cacheReplacementPolicy: "LEAST_RECENTLY_USED",
    },
  };
}

/** Directories are shuffled so that actions which depend on their order are found out. */
const virtualDirectory: ConfigObject = {
  maximumExecutionTimeoutCompensation: "3600s",
  shuffleDirectoryListings: true,
  maximumWritableFileUploadDelay: "60s",
  mount: {
    mountPath: buildFolder,
    fuse: {
      directoryEntryValidity: "300s",
      inodeAttributeValidity: "300s",
      allowOther: true,
      mountMethod: "DIRECT",
    },
  },
};

/** Blobs that were read once stay on local disk; what is damaged there is found by its hash. */
export function inputs(worker: BuildbarnWorker, slow: ConfigObject): ConfigObject {
  if (!isFuse(worker)) return slow;
  return { readCaching: { slow, fast: localBlobs(worker), replicator: { deduplicating: { local: {} } } } };
}

const oldBlocks = 8;
const currentBlocks = 24;
const newBlocks = 3;
const spareBlocks = 3;

const sector = 4096;
const blockCount = oldBlocks + currentBlocks + newBlocks + spareBlocks;

/** How much of the disk holds the index and the blobs. */
function blobSizes({ spec }: BuildbarnWorker) {
  const size = unitsOf(spec.buildDirectory.cacheSize);
  const unit = sector * blockCount;
  const index = Math.max(65_536, Math.floor(size / 64 / sector) * sector);
  const blocks = Math.max(unit, Math.floor((size - index) / unit) * unit);
  return { index, blocks };
}

function localBlobs(worker: BuildbarnWorker): ConfigObject {
  const { index, blocks } = blobSizes(worker);
  const file = (name: string, bytes: number) => ({
    file: { path: `${blobFolder}/${name}`, sizeBytes: int64(bytes) },
  });
  return {
    local: {
      keyLocationMapOnBlockDevice: file("key_location_map", index),
      keyLocationMapMaximumGetAttempts: 16,
      keyLocationMapMaximumPutAttempts: int64(64),
      oldBlocks,
      currentBlocks,
      newBlocks,
      blocksOnBlockDevice: {
        source: file("blocks", blocks),
        spareBlocks,
        dataIntegrityValidationCache: {
          cacheSize: int64(50_000),
          cacheDuration: "14400s",
          cacheReplacementPolicy: "LEAST_RECENTLY_USED",
        },
      },
      persistent: { stateDirectoryPath: `${blobFolder}/persistent_state`, minimumEpochInterval: "300s" },
    },
  };
}

/** What one action may write. */
export function runnerLimits(worker: BuildbarnWorker): ConfigObject {
  const { filePoolFiles, filePoolSize } = worker.spec.buildDirectory;
  return fuseOnly(worker, () => ({
    maximumFilePoolFileCount: int64(filePoolFiles),
    maximumFilePoolSizeBytes: int64(unitsOf(filePoolSize)),
  }));
}

/** What all actions of a pod may write together. */
function filePoolBytes({ spec: { concurrency, buildDirectory } }: BuildbarnWorker): number {
  return concurrency * unitsOf(buildDirectory.filePoolSize);
}

export function filePool(worker: BuildbarnWorker): ConfigObject {
  const sizeBytes = int64(filePoolBytes(worker));
  return fuseOnly(worker, () => ({ filePool: { blockDevice: { file: { path: filePoolPath, sizeBytes } } } }));
}

/** What an action read the last time is loaded before it asks. */
export function prefetching(worker: BuildbarnWorker, fileSystemAccessCache: ConfigObject): ConfigObject {
  return fuseOnly(worker, () => ({
    prefetching: { fileSystemAccessCache, bloomFilterBitsPerPath: 14, bloomFilterMaximumSizeBytes: 65_536 },
  }));
}

/** Every block holds the largest blob that is not streamed, and all that is said of the disk fits on it. */
export function diskTooSmall(worker: BuildbarnWorker): Verdict | undefined {
  const { maximumMessageSizeBytes, buildDirectory } = worker.spec;
  const { cacheSize, volumeSize } = buildDirectory;
  const { index, blocks } = blobSizes(worker);
  const block = blocks / blockCount;
  if (isFuse(worker) && block < maximumMessageSizeBytes) {
    const found = `spec.buildDirectory.cacheSize: ${cacheSize} leaves blocks of ${block} bytes`;
    return no("VolumeTooSmall", `${found}, less than maximumMessageSizeBytes: ${maximumMessageSizeBytes}`);
  }
  const needed = isFuse(worker) ? index + blocks + filePoolBytes(worker) : unitsOf(cacheSize);
  if (volumeSize === undefined || canonicalQuantity(volumeSize) === undefined) return undefined;
  if (needed <= unitsOf(volumeSize)) return undefined;
  const fields = isFuse(worker) ? "cacheSize, and filePoolSize for each of spec.concurrency," : "cacheSize alone";
  const found = `spec.buildDirectory.volumeSize: ${volumeSize} is less than ${needed} bytes`;
  return no("VolumeTooSmall", `${found}, which ${fields} may take`);
}
