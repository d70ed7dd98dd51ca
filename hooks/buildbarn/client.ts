/**
 * What scheduler, frontend, browser and workers have in common: they use a storage. Their configuration names its
 * shards, and their status says which ones all their pods use.
 */

import { ConfigMap, Deployment } from "../../api/builtin.ts";
import type { KubernetesObject } from "../../api/resource.ts";
import type { Answer } from "../contract/composite.ts";
import { generationOf, type Verdict } from "../contract/conditions.ts";
import type { Observed } from "../contract/observed.ts";
import { earliest } from "../contract/patience.ts";
import { childOf } from "../kube/object.ts";
import { generationAnnotation, rolloutOf } from "../kube/rollout.ts";
import { nameRefusal } from "./discovery.ts";
import { pulledFrom } from "./images.ts";
import type { Settings, StorageClient } from "./kinds.ts";
import {
  type Generated,
  type Ingredients,
  ingredientsAnnotation,
  ingredientsText,
  neededConfigMaps,
  planOf,
} from "./plan.ts";
import { labelsOf, type PodOptions, templateOf } from "./pods.ts";
import { componentStatusOf, conditionsOf, type Facts, notStarted, refused, rollingSince } from "./status.ts";
import { shardMismatch, storageUse } from "./storage-use.ts";
import { formerPodsLeft, succeeding } from "./successor.ts";

export interface DeploymentOptions extends PodOptions {
  replicas: number;
  strategy: NonNullable<Deployment["spec"]>["strategy"];
  minReadySeconds?: number;
}

export function deploymentOf(client: StorageClient, ingredients: Ingredients, options: DeploymentOptions): Deployment {
  const labels = labelsOf(client);
  const annotations = {
    [generationAnnotation]: String(generationOf(client)),
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
  const complaints = [...(shape.complaints ?? []), shardMismatch(parent, related)];
  if (ingredients === undefined) {
    const facts: Facts = { plan, workload, complaints, rollout: notStarted(plan) };
    return {
      children: others,
      status: componentStatusOf(parent, facts),
      conditions: conditionsOf(facts),
      resyncAfterSeconds: patientSeconds,
    };
  }

  const deployment = succeeding(shape.deployment(ingredients, workload), observed, workload);
  const desired = pulledFrom(deployment, settings);
  const rollout = rolloutOf({ parent, stored: workload, desired, since: rollingSince(observed), now });
  const isComplete = rollout.phase === "Complete";
  const formerPods = formerPodsLeft(desired, now);
  const storage = storageUse(parent, related, { ingredients, isSettled: isComplete && formerPods === 0 });
  const facts: Facts = { plan, workload, rollout, complaints };
  return {
    children: [desired, ...others, ...neededConfigMaps(plan, isComplete)],
    status: { ...componentStatusOf(parent, facts), storage },
    conditions: conditionsOf(facts),
    resyncAfterSeconds: earliest(rollout.askAgainAfter, formerPods),
  };
}

/** The answer of a client's hook; refused where children cannot have its name. */
export function syncClient(observed: Observed<StorageClient>, settings: Settings, shape: ClientShape): ClientAnswer {
  const refusal = nameRefusal(observed.parent, observed.related);
  return refusal === undefined ? answerOf(observed, settings, shape) : refused(refusal);
}
