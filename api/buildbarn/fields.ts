/** Fields that several Buildbarn kinds share. */

import type { Static } from "typebox";
import { labelValue, resources, tolerations } from "../pod.ts";
import {
  anything,
  choice,
  defaulted,
  integer,
  list,
  long,
  mapOf,
  optional,
  type Rule,
  struct,
  text,
} from "../schema.ts";
import { newestVersion, versionNames } from "./versions.ts";

const domainName = "[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
export const objectName = (description: string) => text(description, { pattern: `^${domainName}$`, maxLength: 253 });

/** An empty text means "not set", as in the resources of the original. */
export const optionalName = (description: string) =>
  optional(text(description, { pattern: `^(${domainName})?$`, maxLength: 253 }));
const image = (description: string) => optional(text(description, { maxLength: 512 }));

export const reference = (description: string) =>
  optional(struct(description, { name: objectName("Name of the resource, in the same namespace.") }));

const spread = struct(
  "How pods are spread over the cluster.",
  {
    topologyKey: defaulted(
      text("Node label whose values are told apart.", {
        default: "kubernetes.io/hostname",
        minLength: 1,
        maxLength: 316,
      }),
    ),
    whenUnsatisfiable: defaulted(
      choice("Whether a pod waits where it cannot be spread.", ["ScheduleAnyway", "DoNotSchedule"], "ScheduleAnyway"),
    ),
  },
  { default: {} },
);

const probes = struct(
  "When a program counts as started, ready and alive: it answers /-/healthy on port 9980, the runner of a pool on port 9987. With configMapName programs are asked only if this is set.",
  {
    periodSeconds: defaulted(integer("Seconds between two questions.", { minimum: 1, default: 10 })),
    timeoutSeconds: defaulted(integer("Seconds that an answer may take.", { minimum: 1, default: 5 })),
    failureThreshold: defaulted(
      integer("Failures in a row after which a program is ended.", { minimum: 1, default: 6 }),
    ),
    startupSeconds: defaulted(integer("Seconds that a start may take.", { minimum: 10, default: 600 })),
  },
);
export type Probes = Static<typeof probes>;

interface Program {
  /** What runs, for descriptions. */
  name: string;
  /** Description of `replicas`. */
  pods?: string;
  replicas: number;
  /** Description of the default of `terminationGracePeriodSeconds`. */
  grace?: string;
  maxReplicas?: number;
}

/** What every kind has: the original's fields with their meaning, and how the pods look. */
export const componentFields = ({ name, pods = "Number of pods.", replicas, maxReplicas, grace = "30" }: Program) => ({
  version: defaulted(
    choice(
      "Version of Buildbarn: which images run, and which configuration they get. A resource keeps the one that it was created with.",
      versionNames,
      newestVersion,
    ),
  ),
  image: image(`Image of ${name}. Default: the one of the version.`),
  replicas: defaulted(
    integer(pods, {
      minimum: 0,
      ...(maxReplicas === undefined ? {} : { maximum: maxReplicas }),
      default: replicas,
    }),
  ),
  configMapName: optionalName(
    "ConfigMap with configuration that is written by hand, mounted as a whole at /config/. Default: configuration is generated.",
  ),
  configOverrides: optional(
    anything("Merged into the generated configuration last, as a JSON merge patch: null takes a field away."),
  ),
  maximumMessageSizeBytes: defaulted(
    long("Bytes of the largest gRPC message, and of the largest blob that is not streamed. The same in a whole farm.", {
      minimum: 65_536,
      default: 2_097_152,
    }),
  ),
  imagePullSecrets: optional(
    list("Secrets for pulling images.", struct("A Secret.", { name: objectName("Name of the Secret.") })),
  ),
  resources: optional(resources(`Compute resources of ${name}.`)),
  nodeSelector: optional(mapOf("Labels that a node must have.", labelValue)),
  tolerations: optional(tolerations("Taints that the pods tolerate.")),
  priorityClassName: optionalName("PriorityClass of the pods."),
  podAnnotations: optional(mapOf("Annotations of the pods.", text("Value of the annotation."))),
  spread: defaulted(spread),
  probes: optional(probes),
  terminationGracePeriodSeconds: optional(
    long(`Seconds that a pod has to finish what it has begun. Default: ${grace}.`, { minimum: 0, maximum: 604_800 }),
  ),
});

/** Of kinds that read and write blobs. */
export const storageClientFields = {
  storageRef: reference("BuildbarnStorage to use. Default: the only one in the namespace."),
  configShards: optional(
    integer(
      "With configMapName: how many shards of the storage that configuration names. The storage does not shrink below it; unless it is said here, not at all.",
      { minimum: 1 },
    ),
  ),
};

export const disruptionBudget = defaulted(
  struct(
    "How many pods a drained node may take away at a time.",
    { maxUnavailable: defaulted(integer("Pods that may be missing.", { minimum: 0, default: 1 })) },
    { default: {} },
  ),
);

export const serviceType = defaulted(
  choice(
    "Type of the Service. LoadBalancer may let the world in, unless auth says who.",
    ["ClusterIP", "NodePort", "LoadBalancer"],
    "ClusterIP",
  ),
);

export const ingress = optional(
  struct("An Ingress for people; none unless this is set.", {
    host: text("Host name, for example browser.example.com.", { pattern: `^${domainName}$`, maxLength: 253 }),
    className: optionalName("IngressClass. Default: the cluster's."),
    tlsSecretName: optionalName("Secret with a certificate for the host; its presence turns on TLS."),
    annotations: optional(
      mapOf("Annotations of the Ingress, which its controller reads.", text("Value of the annotation.")),
    ),
  }),
);
export type Ingress = NonNullable<Static<typeof ingress>>;

export const platformProperties = (description: string, rules: Rule[] = []) =>
  list(
    description,
    struct("A property.", {
      name: text("Name, for example OSFamily.", { minLength: 1, maxLength: 256 }),
      value: text("Value, for example linux.", { maxLength: 1024 }),
    }),
    { maxItems: 32, rules },
  );
