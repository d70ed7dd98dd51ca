/**
 * What scheduler, frontend, browser and workers have in common: they use a storage. Their configuration names its
 * shards, and their status says which ones all their pods use.
 */

import { BuildbarnStorage } from "../../api/buildbarn/buildbarn-storage.ts";
import type { ShardMap, StorageUse } from "../../api/buildbarn/fields.ts";
import { type BuildbarnVersion, versions } from "../../api/buildbarn/versions.ts";
import { ConfigMap, Deployment } from "../../api/builtin.ts";
import type { KubernetesObject } from "../../api/resource.ts";
import type { Answer } from "../contract/composite.ts";
import { unknown, type Verdict } from "../contract/conditions.ts";
import type { ObjectSet, Observed } from "../contract/observed.ts";
import { childOf } from "../kube/object.ts";
import { generationAnnotation, type Rollout, rolloutOf } from "../kube/rollout.ts";
import type { Shards } from "./blobstore.ts";
import { type Found, find, nameConflict } from "./discovery.ts";
import { pulledFrom } from "./images.ts";
import type { Settings, StorageClient } from "./kinds.ts";
import {
  type Generated,
  type Ingredients,
  ingredientsAnnotation,
  ingredientsText,
  isVerdict,
  neededConfigMaps,
  planOf,
} from "./plan.ts";
import { labelsOf, type PodOptions, templateOf } from "./pods.ts";
import { componentStatusOf, conditionsOf, type Facts, notStarted, progressingSince, refused } from "./status.ts";
import { certificateMissing } from "./trust.ts";

export function versionOf({ spec }: StorageClient): BuildbarnVersion {
  return versions[spec.version];
}

/** The map of a storage; or why it may not be used yet. */
function usableMap(client: StorageClient, { metadata, status }: BuildbarnStorage): ShardMap | Verdict {
  const map = status?.shardMap;
  if (map === undefined || map.shards === 0) {
    return unknown("StorageNotReady", `BuildbarnStorage ${metadata.name} has no shards yet that are ready`);
  }
  if (map.clients?.includes(client.metadata.uid ?? "")) return map;
  return unknown("StorageNotReady", `BuildbarnStorage ${metadata.name} has not taken note of this resource yet`);
}

export function storageFor(client: StorageClient, related: ObjectSet): Found<BuildbarnStorage> {
  return find(related, { kind: BuildbarnStorage, field: "storageRef", reference: client.spec.storageRef });
}

export interface Farm {
  client: StorageClient;
  related: ObjectSet;
  settings: Settings;
}

export interface StorageParts {
  storage: BuildbarnStorage;
  shards: Shards;
  ingredient: NonNullable<Ingredients["storage"]>;
}

/** The shards that the configuration is to name; or why there are none. */
export function storagePartsOf({ client, related, settings }: Farm): StorageParts | Verdict {
  const { object: storage, problem } = storageFor(client, related);
  if (storage === undefined) return problem as Verdict;
  const { clientTls } = client.spec;
  const certificate = certificateMissing(storage, storage.spec.tls)(clientTls);
  if (certificate !== undefined) return certificate;
  const map = usableMap(client, storage);
  if (isVerdict(map)) return map;

  const { revision, shards: count, previousShards } = map;
  const largest = Math.max(count, previousShards ?? 0);
  return {
    storage,
    shards: { storage, count, previousCount: previousShards, version: versionOf(client), client: clientTls, settings },
    ingredient: { name: storage.metadata.name, revision, shards: largest },
  };
}

/** What the client tells its storage. */
function storageUse(
  client: StorageClient,
  related: ObjectSet,
  { storage: used }: Ingredients,
  { phase }: Rollout,
): StorageUse | undefined {
  const isSettled = phase === "Complete";
  if (used !== undefined) return { ...used, settled: isSettled };
  const storage = storageFor(client, related).object;
  if (storage === undefined) return undefined;
  const { configShards = 0 } = client.spec;
  return { name: storage.metadata.name, revision: 0, shards: configShards, settled: configShards > 0 && isSettled };
}

export interface DeploymentOptions extends PodOptions {
  replicas: number;
  strategy: NonNullable<Deployment["spec"]>["strategy"];
  minReadySeconds?: number;
}

export function deploymentOf(client: StorageClient, ingredients: Ingredients, options: DeploymentOptions): Deployment {
  const labels = labelsOf(client);
  const annotations = {
    [generationAnnotation]: String(client.metadata.generation ?? 1),
    [ingredientsAnnotation]: ingredientsText(ingredients),
  };
  const { replicas, strategy, minReadySeconds, ...pod } = options;
  return childOf(client, Deployment, { name: client.metadata.name, labels, annotations }, {
    spec: {
      replicas,
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: { matchLabels: labels },
      strategy,
      template: templateOf(client, ingredients, pod),
    },
  } as Omit<Deployment, "apiVersion" | "kind" | "metadata">);
}

/** No request finds fewer pods than are asked for. */
export const oneMore: DeploymentOptions["strategy"] = {
  type: "RollingUpdate",
  rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
};

export const clientChildren = [
  { kind: Deployment, update: "InPlace" as const },
  { kind: ConfigMap, update: "OnDelete" as const },
];

export interface ClientShape {
  /** Keys that the programs read in the ConfigMap. */
  keys: readonly string[];
  generate(): Generated | Verdict;
  deployment(ingredients: Ingredients, stored: Deployment | undefined): Deployment;
  /** Children beside Deployment and ConfigMap. */
  others: readonly (KubernetesObject | undefined)[];
  complaints?: readonly (Verdict | undefined)[];
}

/** Seconds after which a client that waits looks again, if nobody wakes it. */
const patientSeconds = 30;

function isPresent<T>(value: T | undefined): value is T {
  return value !== undefined;
}

type ClientAnswer = Answer<NonNullable<StorageClient["status"]>>;

function answerOf(observed: Observed<StorageClient>, settings: Settings, shape: ClientShape): ClientAnswer {
  const { parent, children, related, now } = observed;
  const workload = children.get(Deployment, parent.metadata.name);
  const plan = planOf(observed, { ...shape, workload });
  const { ingredients } = plan;
  const others = shape.others.filter(isPresent);
  const complaints = shape.complaints ?? [];
  if (ingredients === undefined) {
    const facts: Facts = { plan, workload, complaints, rollout: notStarted(plan) };
    return {
      children: others,
      status: componentStatusOf(parent, facts),
      conditions: conditionsOf(facts),
      resyncAfterSeconds: patientSeconds,
    };
  }

  const desired = pulledFrom(shape.deployment(ingredients, workload), settings);
  const rollout = rolloutOf({ parent, stored: workload, desired, since: progressingSince(observed), now });
  const facts: Facts = { plan, workload, rollout, complaints };
  return {
    children: [desired, ...others, ...neededConfigMaps(plan, rollout.phase === "Complete")],
    status: { ...componentStatusOf(parent, facts), storage: storageUse(parent, related, ingredients, rollout) },
    conditions: conditionsOf(facts),
    resyncAfterSeconds: rollout.askAgainAfter,
  };
}

/** The answer of a client's hook; refused where another kind has its name. */
export function syncClient(observed: Observed<StorageClient>, settings: Settings, shape: ClientShape): ClientAnswer {
  const conflict = nameConflict(observed.parent, observed.related);
  return conflict === undefined ? answerOf(observed, settings, shape) : refused(conflict);
}
