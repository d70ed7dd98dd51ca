/** Fields that several Buildbarn kinds share. */

import type { Static } from "typebox";
import type { Column } from "../kind.ts";
import { labelValue, resources, tolerations } from "../pod.ts";
import {
  anything,
  choice,
  defaulted,
  flag,
  integer,
  list,
  long,
  mapOf,
  optional,
  type Rule,
  struct,
  text,
} from "../schema.ts";
import { expressionRule, instanceNameRule, prefixesRule } from "./rules.ts";
import { newestVersion, versionNames } from "./versions.ts";

const domainName = "[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const objectName = (description: string) => text(description, { pattern: `^${domainName}$`, maxLength: 253 });

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

const probes = struct("When a program counts as started, ready and alive: it answers /-/healthy on port 9980.", {
  periodSeconds: defaulted(integer("Seconds between two questions.", { minimum: 1, default: 10 })),
  timeoutSeconds: defaulted(integer("Seconds that an answer may take.", { minimum: 1, default: 5 })),
  failureThreshold: defaulted(integer("Failures in a row after which a program is ended.", { minimum: 1, default: 6 })),
  startupSeconds: defaulted(integer("Seconds that a start may take.", { minimum: 10, default: 600 })),
});
export type Probes = Static<typeof probes>;

interface Program {
  /** What runs, for descriptions. */
  name: string;
  replicas: number;
  maxReplicas?: number;
}

/** What every kind has: the original's fields with their meaning, and how the pods look. */
export const componentFields = ({ name, replicas, maxReplicas }: Program) => ({
  version: defaulted(
    choice(
      "Version of Buildbarn: which images run, and which configuration they get. A resource keeps the one that it was created with.",
      versionNames,
      newestVersion,
    ),
  ),
  image: image(`Image of ${name}. Default: the one of the version.`),
  replicas: defaulted(
    integer("Number of pods.", {
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
    long("Largest gRPC message, and largest blob that is not streamed.", { minimum: 65_536, default: 2_097_152 }),
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
    long("Seconds that a pod has to finish what it has begun.", { minimum: 0, maximum: 604_800 }),
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

export const serviceType = (fallback: "ClusterIP" | "LoadBalancer") =>
  defaulted(choice("Type of the Service.", ["ClusterIP", "NodePort", "LoadBalancer"], fallback));

export const ingress = optional(
  struct("An Ingress for people; none unless this is set.", {
    host: text("Host name.", { pattern: `^${domainName}$`, maxLength: 253 }),
    className: optionalName("IngressClass. Default: the cluster's."),
    tlsSecretName: optionalName("Secret with a certificate for the host; its presence turns on TLS."),
    annotations: optional(mapOf("Annotations of the Ingress.", text("Value of the annotation."))),
  }),
);
export type Ingress = NonNullable<Static<typeof ingress>>;

export const tls = optional(
  struct(
    "TLS of the gRPC servers. Clients on this platform follow by themselves. The certificate must name the addresses that they use, for example *.storage.buildbarn.",
    {
      secretName: objectName("Secret with tls.crt, tls.key and ca.crt, as cert-manager makes them."),
      clientCertificates: defaulted(flag("Whether clients must show a certificate that ca.crt signed.", false)),
    },
  ),
);
export type Tls = NonNullable<Static<typeof tls>>;

export const clientTls = optional(
  struct("What this program shows to servers that ask for client certificates.", {
    secretName: objectName("Secret with tls.crt and tls.key."),
  }),
);

const authorizer = (what: string) =>
  optional(
    struct(
      `Who may ${what}. Default: everybody who is let in.`,
      {
        policy: choice("How it is decided.", ["Allow", "Deny", "InstanceNamePrefixes", "Expression"]),
        instanceNamePrefixes: optional(
          list(
            "With policy InstanceNamePrefixes: instance names that start with one of them are allowed.",
            text("A prefix; an empty one means every instance name.", { maxLength: 256, rules: [instanceNameRule] }),
            { minItems: 1, maxItems: 64 },
          ),
        ),
        expression: optional(
          text("With policy Expression: JMESPath over authenticationMetadata and instanceName.", {
            minLength: 1,
            maxLength: 4096,
          }),
        ),
      },
      { rules: [prefixesRule, expressionRule] },
    ),
  );
export type Authorizer = NonNullable<Static<ReturnType<typeof authorizer>>>;

/** What may be allowed or not: the name of the right, and what it lets one do. */
export const rights = {
  get: "read blobs",
  put: "write blobs",
  findMissing: "ask which blobs are there",
  execute: "run actions",
  modifyDrains: "take workers out of service",
  killOperations: "end running actions",
  synchronize: "be a worker",
  view: "see pages",
} as const;
export type Right = keyof typeof rights;

export const auth = <R extends Right>(names: readonly R[]) =>
  optional(
    struct(
      "Who may do what.",
      Object.fromEntries(names.map((name) => [name, authorizer(rights[name])])) as {
        [Name in R]: ReturnType<typeof authorizer>;
      },
    ),
  );

/** The original's columns, and why. */
export const summaryColumns: readonly Column[] = [
  { name: "State", type: "string", jsonPath: ".status.state" },
  { name: "Replicas", type: "integer", jsonPath: ".status.replicas" },
  { name: "Ready", type: "integer", jsonPath: ".status.readyReplicas" },
  { name: "Reason", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
];

/** What every kind says of its pods. */
export const componentStatus = {
  state: optional(text("Ready, NotReady or NotFound, as in the original.")),
  replicas: optional(integer("Pods that exist.")),
  readyReplicas: optional(integer("Pods that are ready.")),
  version: optional(text("Version of Buildbarn that is asked for.")),
  configMap: optional(text("ConfigMap that the pods read.")),
};

/** What a client says of the shards that its pods may use: a storage shrinks when every client has let go. */
export const storageUse = struct("Which shards the pods use.", {
  name: text("Name of the BuildbarnStorage.", { maxLength: 253 }),
  revision: long("Revision of the shard map; 0 for configuration that is written by hand."),
  shards: integer("Number of shards in it."),
  settled: flag("Whether every pod, one that is about to end included, uses that map and no older one."),
});
export type StorageUse = Static<typeof storageUse>;

export const clientStatus = {
  ...componentStatus,
  storage: optional(storageUse),
};

export const shardMap = struct("Which shards clients may use now.", {
  revision: long("Grows with every change."),
  shards: integer("Number of shards: 0 to this minus 1."),
  previousShards: optional(integer("Number of shards of the map before, where blobs are still looked for.")),
  clients: optional(list("UIDs of the clients that are taken note of; others wait.", text("UID."))),
});
export type ShardMap = Static<typeof shardMap>;

export const platformProperties = (description: string, rules: Rule[] = []) =>
  list(
    description,
    struct("A property.", {
      name: text("Name.", { minLength: 1, maxLength: 256 }),
      value: text("Value.", { maxLength: 1024 }),
    }),
    { maxItems: 32, rules },
  );
