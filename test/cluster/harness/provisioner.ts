/** A process of the cluster: makes a folder and a volume for each claim, and takes both away after it. */

import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type * as core from "kubernetes-types/core/v1.js";
import type { KubernetesObject, Resource } from "../../../api/resource.ts";
import { cache } from "../../../kubernetes/cache.ts";
import { connect, isAlreadyExists } from "../../../kubernetes/client.ts";
import { nodeName } from "./node.ts";
import { storageClass, volumesFolder } from "./volumes.ts";

type Volume = KubernetesObject & Pick<core.PersistentVolume, "spec" | "status">;
type Claim = KubernetesObject & Pick<core.PersistentVolumeClaim, "spec" | "status">;

const shared = { group: "", version: "v1" };
const Volume: Resource<Volume> = {
  ...shared,
  kind: "PersistentVolume",
  plural: "persistentvolumes",
  namespaced: false,
};
const Claim: Resource<Claim> = {
  ...shared,
  kind: "PersistentVolumeClaim",
  plural: "persistentvolumeclaims",
  namespaced: true,
};

const client = connect({ kubeconfig: process.env.KUBECONFIG ?? "" });
const retryMs = 1_000;

function folderOf(volume: string): string {
  return join(volumesFolder, volume);
}

/** Only local volumes get the group that a pod asks for. */
function volumeFor({ metadata, spec }: Claim): Volume {
  const name = `folder-${metadata.uid}`;
  const onThisNode = { key: "kubernetes.io/hostname", operator: "In", values: [nodeName] };
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name },
    spec: {
      capacity: { storage: spec?.resources?.requests?.storage ?? "1Gi" },
      accessModes: spec?.accessModes ?? [],
      storageClassName: storageClass,
      persistentVolumeReclaimPolicy: "Retain",
      claimRef: {
        kind: "PersistentVolumeClaim",
        namespace: metadata.namespace ?? "",
        name: metadata.name,
        uid: metadata.uid ?? "",
      },
      local: { path: folderOf(name) },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [onThisNode] }] } },
    },
  };
}

async function provide(claim: Claim): Promise<void> {
  if (claim.spec?.storageClassName !== storageClass || claim.status?.phase !== "Pending") return;
  const volume = volumeFor(claim);
  mkdirSync(folderOf(volume.metadata.name), { recursive: true, mode: 0o755 });
  await client.create(Volume, volume).catch((error) => {
    // A claim is told of more than once before it is bound.
    if (!isAlreadyExists(error)) throw error;
  });
}

async function takeAway({ metadata, status }: Volume): Promise<void> {
  if (!metadata.name.startsWith("folder-") || status?.phase !== "Released") return;
  await client.delete(Volume, metadata, { ignoreNotFound: true });
  rmSync(folderOf(metadata.name), { recursive: true, force: true });
}

async function untilDone<T>(act: (object: T) => Promise<void>, object: T): Promise<void> {
  for (;;) {
    try {
      return await act(object);
    } catch (error) {
      console.error((error as Error).message);
      await delay(retryMs);
    }
  }
}

function follow<T extends KubernetesObject>(resource: Resource<T>, act: (object: T) => Promise<void>): void {
  cache(client, resource).onChange((type, object) => {
    if (type !== "DELETED") void untilDone(act, object);
  });
}

follow(Claim, provide);
follow(Volume, takeAway);
