/** The volumes of a shard, and how much of each holds the index and the blobs of its store. */

import type { PersistentVolumeClaim } from "kubernetes-types/core/v1.js";
import type { BuildbarnStorage } from "../../api/buildbarn/buildbarn-storage.ts";
import { type StoreName, storeNames } from "../../api/buildbarn/names.ts";
import type { StatefulSet } from "../../api/builtin.ts";
import { no, type Verdict } from "../contract/conditions.ts";
import { storedQuantity, unitsOf } from "../contract/quantity.ts";
import { filled } from "../kube/object.ts";

export interface Claim {
  name: StoreName;
  /** As it is stored. */
  size: string;
  accessModes: readonly string[];
  storageClassName?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

const once = ["ReadWriteOnce"];

function wantedClaim({ spec }: BuildbarnStorage, name: StoreName): Claim {
  const template = spec.volumeClaimTemplates?.find(({ metadata }) => metadata.name === name);
  const { size, storageClassName } = spec.volumes[name];
  if (template === undefined)
    return { name, size: storedQuantity(size), accessModes: once, ...filled({ storageClassName }) };
  const { labels, annotations } = template.metadata;
  const { accessModes = once, resources, storageClassName: ofTemplate } = template.spec;
  return {
    name,
    size: storedQuantity(resources.requests.storage),
    accessModes: accessModes.length === 0 ? once : accessModes,
    ...filled({ storageClassName: ofTemplate, labels, annotations }),
  };
}

export function wantedClaims(storage: BuildbarnStorage): Claim[] {
  return storeNames.map((name) => wantedClaim(storage, name));
}

function storedClaim({ metadata = {}, spec = {} }: PersistentVolumeClaim, wanted: Claim): Claim {
  const { labels, annotations } = metadata;
  const { accessModes = once, storageClassName, resources } = spec;
  const size = storedQuantity(resources?.requests?.storage ?? wanted.size);
  return { name: wanted.name, size, accessModes, ...filled({ storageClassName, labels, annotations }) };
}

/** The claims that there are: Kubernetes never changes those of a StatefulSet that exists. */
export function claimsOf(storage: BuildbarnStorage, stored: StatefulSet | undefined): Claim[] {
  const templates = stored?.spec?.volumeClaimTemplates ?? [];
  return wantedClaims(storage).map((wanted) => {
    const template = templates.find(({ metadata }) => metadata?.name === wanted.name);
    return template === undefined ? wanted : storedClaim(template, wanted);
  });
}

/** The field that says what a volume is like. */
function fieldOf({ spec }: BuildbarnStorage, store: StoreName): string {
  const index = (spec.volumeClaimTemplates ?? []).findIndex(({ metadata }) => metadata.name === store);
  return index < 0 ? `spec.volumes.${store}` : `spec.volumeClaimTemplates[${index}].spec`;
}

/** Where the volumes that there are differ from those that are wanted: `size is 66Gi, the volumes have 33Gi`. */
function differences(wanted: Claim, present: Claim): string[] {
  const facts: [what: string, wanted: string | undefined, present: string | undefined][] = [
    ["size", wanted.size, present.size],
    ["storageClassName", wanted.storageClassName, present.storageClassName],
    ["accessModes", wanted.accessModes.join(), present.accessModes.join()],
  ];
  return facts
    .filter(([, want, have]) => want !== undefined && want !== have)
    .map(([what, want, have]) => `${what} is ${want}, the volumes have ${have ?? "none"}`);
}

/** What a user wants of volumes and cannot get. */
export function resizeUnsupported(storage: BuildbarnStorage, claims: readonly Claim[]): Verdict | undefined {
  const different = claims.flatMap((claim) => {
    const found = differences(wantedClaim(storage, claim.name), claim);
    return found.length === 0 ? [] : [`${fieldOf(storage, claim.name)}: ${found.join(", ")}`];
  });
  if (different.length === 0) return undefined;
  const way = "to change them, delete the StatefulSet with --cascade=orphan and the volumes one by one";
  return no("VolumeResizeUnsupported", `${different.join("; ")}: volumes of a StatefulSet never change; ${way}`);
}

export interface StoreSize {
  keyLocationMapBytes: number;
  blocksBytes: number;
  newBlocks: number;
}

/** Blocks beside the new ones: what is old and about to be forgotten, what is current, and spares for readers. */
export const oldBlocks = 8;
export const currentBlocks = 24;
export const spareBlocks = 3;

/** Share of a volume that file systems leave to users; ext4 keeps a twentieth for root. */
const usableShare = 0.9;
/** Entries of the index have 66 bytes: most blobs are some kilobytes, most results less than one. */
const indexShare: Record<StoreName, number> = { cas: 1 / 64, ac: 1 / 8, fsac: 1 / 8 };
const stateBytes = 16 * 1024 * 1024;
const sector = 4096;

function roundedDown(bytes: number, unit: number): number {
  return Math.max(0, Math.floor(bytes / unit) * unit);
}

export function sizeOf(storage: BuildbarnStorage, claim: Claim): StoreSize {
  const store = storage.spec.volumes[claim.name];
  const { newBlocks } = store;
  const blocks = oldBlocks + currentBlocks + newBlocks + spareBlocks;
  const usable = unitsOf(claim.size) * usableShare;
  const keyLocationMapBytes = store.keyLocationMapBytes ?? roundedDown(usable * indexShare[claim.name], sector);
  const blocksBytes = store.blocksBytes ?? roundedDown(usable - keyLocationMapBytes - stateBytes, blocks * sector);
  return { keyLocationMapBytes, blocksBytes, newBlocks };
}

/** Every block holds the largest blob, and all of it fits on the volume. */
export function volumeTooSmall(storage: BuildbarnStorage, claims: readonly Claim[]): Verdict | undefined {
  const { maximumMessageSizeBytes } = storage.spec;
  const problems = claims.flatMap((claim) => {
    const { keyLocationMapBytes, blocksBytes, newBlocks } = sizeOf(storage, claim);
    const block = Math.floor(blocksBytes / (oldBlocks + currentBlocks + newBlocks + spareBlocks));
    const field = `spec.volumes.${claim.name}`;
    const used = keyLocationMapBytes + blocksBytes;
    if (used > unitsOf(claim.size)) {
      return [
        `${field}: keyLocationMapBytes and blocksBytes are ${used} together, more than its size of ${claim.size}`,
      ];
    }
    if (block >= maximumMessageSizeBytes) return [];
    return [
      `${field}.size: ${claim.size} leaves blocks of ${block} bytes, less than maximumMessageSizeBytes: ${maximumMessageSizeBytes}`,
    ];
  });
  return problems.length === 0 ? undefined : no("VolumeTooSmall", problems.join("; "));
}
