import { kind } from "../kind.ts";
import { diskSize, resources, scalingRule } from "../pod.ts";
import type { ObjectOf } from "../resource.ts";
import { anything, choice, defaulted, flag, integer, long, mapOf, optional, struct, text } from "../schema.ts";
import { componentFields, disruptionBudget, platformProperties, reference, storageClientFields } from "./fields.ts";
import { group, version } from "./names.ts";
import { childNameRule, configShardsRule, instanceNameRule, propertyRule } from "./rules.ts";
import { clientStatus, summaryColumns } from "./status.ts";
import { clientTls } from "./trust.ts";

const buildDirectory = defaulted(
  struct(
    "Where actions find their inputs.",
    {
      type: defaulted(
        choice(
          "Native: inputs are hard links into a cache. FUSE: they are loaded when they are read; needs privileged pods.",
          ["Native", "FUSE"],
          "Native",
        ),
      ),
      cacheSize: defaulted(diskSize("Native: size of the cache of inputs. FUSE: of blobs on local disk.", "1Gi")),
      cacheFiles: defaulted(integer("Native: files in the cache.", { minimum: 1, default: 10_000 })),
      filePoolSize: defaulted(diskSize("FUSE: what one action may write.", "1Gi")),
      filePoolFiles: defaulted(integer("FUSE: files that one action may write.", { minimum: 1, default: 100_000 })),
      volumeSize: optional(
        diskSize("Limit of the pod's disk for all of this: a pod that takes more is evicted. Default: none."),
      ),
    },
    { default: {} },
  ),
);

const autoscaling = struct(
  "Scale by the number of actions that wait or run.",
  {
    mode: defaulted(
      choice(
        "QueueLength: a HorizontalPodAutoscaler with an external metric. External: somebody else scales the Deployment, for example KEDA.",
        ["QueueLength", "External"],
        "QueueLength",
      ),
    ),
    minReplicas: defaulted(
      integer(
        "Least number of pods. With QueueLength 0 needs the cluster's feature HPAScaleToZero; KEDA, with External, does not.",
        { minimum: 0, default: 1 },
      ),
    ),
    maxReplicas: integer("Largest number of pods.", { minimum: 1 }),
    actionsPerReplica: optional(
      integer("Actions that wait or run, per pod. Default: the pool's concurrency.", { minimum: 1 }),
    ),
    metricName: defaulted(
      text("Name of the external metric: actions that wait or run.", {
        default: "buildbarn_pool_actions",
        minLength: 1,
        maxLength: 253,
      }),
    ),
    metricLabels: optional(
      mapOf("Labels that select the pool's series. Default: pool, with the resource's name.", text("Value.")),
    ),
  },
  {
    rules: [scalingRule],
  },
);

export const BuildbarnWorker = kind({
  group,
  version,
  kind: "BuildbarnWorker",
  plural: "buildbarnworkers",
  shortNames: ["bbw"],
  description:
    "BuildbarnWorker is a pool of workers that run actions of one platform. A worker that is to stop finishes the actions that it has begun.",
  spec: struct(
    "What the workers are like.",
    {
      ...componentFields({
        name: "bb-worker",
        pods: "Number of pods; with autoscaling somebody else's affair.",
        replicas: 8,
        grace: "the scheduler's maximumExecutionTimeoutSeconds and a minute",
      }),
      ...storageClientFields,
      schedulerRef: reference("BuildbarnScheduler that hands out actions. Default: the only one in the namespace."),
      browserRef: reference("BuildbarnBrowser that links point to. Default: the only one in the namespace, if any."),
      instance: defaulted(
        text("Picks worker-INSTANCE.jsonnet and runner-INSTANCE.jsonnet, and is a label of the pods.", {
          pattern: "^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$",
          maxLength: 63,
          default: "ubuntu22-04",
        }),
      ),
      runnerImage: optional(text("Image that actions run in. Default: the one of the version.", { maxLength: 512 })),
      runnerInstallerImage: optional(
        text("Image that brings bb-runner along. Default: the one of the version.", { maxLength: 512 }),
      ),
      runnerResources: optional(resources("Compute resources of the runner, and so of all actions of a pod.")),
      platform: optional(
        platformProperties(
          "Properties that actions must ask for, exactly these. Default: OSFamily linux, and container-image with the runner's image.",
          [propertyRule],
        ),
      ),
      instanceNamePrefix: optional(
        text("Instance names whose actions this pool runs start with it. Default: every instance name.", {
          maxLength: 256,
          rules: [instanceNameRule],
        }),
      ),
      sizeClass: defaulted(
        integer("Relative size of the workers, where one platform has several; then all its pools need one. 0: none.", {
          minimum: 0,
          default: 0,
        }),
      ),
      predeclared: defaulted(
        flag(
          "Whether the scheduler knows the queue without a worker. Pools that may have no pods and platforms of several sizes are always predeclared; those with configMapName only if this says so.",
          false,
        ),
      ),
      concurrency: defaulted(integer("Actions that a pod runs at a time.", { minimum: 1, maximum: 4096, default: 8 })),
      inputDownloadConcurrency: defaulted(integer("Inputs that are loaded at a time.", { minimum: 1, default: 10 })),
      outputUploadConcurrency: defaulted(integer("Outputs that are stored at a time.", { minimum: 1, default: 11 })),
      environment: optional(
        mapOf("Environment variables of every action, unless it says otherwise.", text("Value of the variable.")),
      ),
      buildDirectory,
      autoscaling: optional(autoscaling),
      minReadySeconds: optional(long("Seconds that a pod must be ready to count as available.", { minimum: 0 })),
      runnerConfigOverrides: optional(
        anything("Merged into the runner's generated configuration last, as a JSON merge patch."),
      ),
      disruptionBudget,
      clientTls,
    },
    { rules: [configShardsRule] },
  ),
  status: {
    ...clientStatus,
    scheduler: optional(text("BuildbarnScheduler that hands out actions.")),
    platform: optional(platformProperties("Properties that actions must ask for, as the scheduler knows them.")),
    sizeClass: optional(integer("Relative size of the workers.")),
    concurrency: optional(integer("Actions that all ready pods run at a time.")),
  },
  summaryColumns,
  columns: [
    { name: "Concurrency", type: "integer", jsonPath: ".status.concurrency" },
    { name: "Scheduler", type: "string", jsonPath: ".status.scheduler", priority: 1 },
    { name: "Storage", type: "string", jsonPath: ".status.storage.name", priority: 1 },
    { name: "Version", type: "string", jsonPath: ".status.version", priority: 1 },
  ],
  rules: [childNameRule],
});
export type BuildbarnWorker = ObjectOf<typeof BuildbarnWorker>;
