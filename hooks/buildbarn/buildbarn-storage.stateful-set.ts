/** The StatefulSet of a storage: one shard per pod, each with a volume per store. */

import type { PersistentVolumeClaim } from "kubernetes-types/core/v1.js";
import type { BuildbarnStorage } from "../../api/buildbarn/buildbarn-storage.ts";
import { configFolder, configKeys, ports } from "../../api/buildbarn/names.ts";
import { folderImage } from "../../api/buildbarn/versions.ts";
import { StatefulSet } from "../../api/builtin.ts";
import { generationOf } from "../contract/conditions.ts";
import { canonicalJson } from "../contract/names.ts";
import { childOf, filled } from "../kube/object.ts";
import { restrictedContainer, restrictedPod } from "../kube/pod.ts";
import { generationAnnotation } from "../kube/rollout.ts";
import { folderOf, stateFolderOf } from "./buildbarn-storage.config.ts";
import type { Claim } from "./buildbarn-storage.volumes.ts";
import { versionOf } from "./kinds.ts";
import { containerPorts } from "./network.ts";
import { type Ingredients, ingredientsAnnotation, ingredientsText } from "./plan.ts";
import { imageOf, labelsOf, programOf, templateOf } from "./pods.ts";
import type { Ledger } from "./resharding.ts";

/** On the StatefulSet: the Ledger, as JSON. */
export const ledgerAnnotation = "octoplane.io/shards";

export const storagePorts = { grpc: ports.storage };
/** Time to write the state that survives a restart. */
const graceSeconds = 300;

/** Defaults of the API server are written out: a list is compared as a whole. */
function claimTemplate({ name, size, accessModes, storageClassName, labels, annotations }: Claim) {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name, ...filled({ labels, annotations }) },
    spec: {
      accessModes: [...accessModes],
      resources: { requests: { storage: size } },
      ...filled({ storageClassName }),
      volumeMode: "Filesystem",
    },
    status: { phase: "Pending" },
  } as PersistentVolumeClaim;
}

function podSpec(storage: BuildbarnStorage, ingredients: Ingredients, claims: readonly Claim[]) {
  const { spec } = storage;
  const volumeMounts = claims.map((claim) => ({ name: claim.name, mountPath: folderOf(claim) }));
  const folders = claims.map(stateFolderOf).join(" ");
  const program = programOf(storage, ingredients, {
    name: "storage",
    image: imageOf(spec.image, versionOf(storage).images.storage),
    args: [`${configFolder}${configKeys.storage}`],
    ports: containerPorts(storagePorts),
    volumeMounts,
    securityContext: restrictedContainer,
  });
  const makeFolders = {
    name: "volume-init",
    image: folderImage,
    command: ["sh", "-c", `mkdir -p -m 0700 ${folders}`],
    volumeMounts,
    securityContext: restrictedContainer,
  };
  return { securityContext: restrictedPod, initContainers: [makeFolders], containers: [program] };
}

export interface StatefulSetOptions {
  ingredients: Ingredients;
  claims: readonly Claim[];
  pods: number;
  ledger: Ledger;
}

export function statefulSetOf(
  storage: BuildbarnStorage,
  { ingredients, claims, pods, ledger }: StatefulSetOptions,
): StatefulSet {
  const labels = labelsOf(storage);
  const annotations = {
    [generationAnnotation]: String(generationOf(storage)),
    [ingredientsAnnotation]: ingredientsText(ingredients),
    [ledgerAnnotation]: canonicalJson(ledger),
  };
  const { whenDeleted, whenScaled } = storage.spec.volumeRetention;
  const spec = podSpec(storage, ingredients, claims);
  return childOf(storage, StatefulSet, { name: storage.metadata.name, labels, annotations }, {
    spec: {
      replicas: pods,
      serviceName: storage.metadata.name,
      podManagementPolicy: "Parallel",
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } },
      persistentVolumeClaimRetentionPolicy: { whenDeleted, whenScaled },
      selector: { matchLabels: labels },
      template: templateOf(storage, ingredients, { spec, graceSeconds }),
      volumeClaimTemplates: claims.map(claimTemplate),
    },
  } as Omit<StatefulSet, "apiVersion" | "kind" | "metadata">);
}
