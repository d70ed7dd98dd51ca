/** Fields that several Workers kinds share: what flows down from a WorkerDeployment to a Job keeps one shape. */

import type { Static } from "typebox";
import { integer, list, listMap, mapOf, optional, struct, text } from "../schema.ts";

export const group = "api.cf-worker";
export const version = "v1";

/** Label by which the objects of an account are found; its value is the account's name. */
export const accountLabel = "accounts";
/** Label of objects that belong to one script; its value is the script's name. */
export const scriptLabel = "scripts";
/** An administrator sets this label to `enabled` on a namespace that may hold accounts. */
export const namespaceLabel = "octoplane.io/workers";
/** Every worker release holds at most this many scripts: one image layer each. */
export const maxScripts = 100;

const scriptPattern = "^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?$";

export const scriptName = (description: string) => text(description, { pattern: scriptPattern, maxLength: 63 });
export const accountName = (description: string) =>
  text(description, { pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", maxLength: 63 });
/** `YYYY-MM-DD`, or `MM/DD/YYYY` as in the original's samples. */
export const compatibilityDate = (description: string) =>
  text(description, { pattern: "^([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{2}/[0-9]{2}/[0-9]{4})$" });
export const scriptsUrls = (description: string) =>
  list(description, text("URL or blob key of one file.", { minLength: 1, maxLength: 1024 }), {
    minItems: 1,
    maxItems: 256,
  });

export const labelSelector = (description: string) =>
  struct(description, {
    matchLabels: optional(mapOf("Labels and their values.", text("Value of the label."))),
    matchExpressions: optional(
      list(
        "Further requirements; all must hold.",
        struct("A requirement.", {
          key: text("Label key."),
          operator: text("In, NotIn, Exists or DoesNotExist."),
          values: optional(list("Values for In and NotIn.", text("A value."))),
        }),
      ),
    ),
  });

/** What a script sees of a Secret that a user wrote: nobody else may know its entries. */
export const secretNames = (description: string) =>
  list(description, text("Name of an entry.", { pattern: "^[A-Za-z_][A-Za-z0-9_]*$", maxLength: 256 }), {
    maxItems: 128,
  });

/** What has to be known about a version to build and to serve it, so that nothing below reads the version itself. */
export const resolvedVersion = struct("One script at one version.", {
  script: scriptName("Name of the script."),
  version: text("Name of the WorkerVersion.", { maxLength: 253 }),
  url: optional(text("Blob prefix of the code, inside the account's own prefix.", { maxLength: 1024 })),
  digest: optional(text("SHA-256 of the code's description, hex: equal digests are equal code.", { maxLength: 64 })),
  compatibilityDate: optional(text("YYYY-MM-DD; only where the code has no description of its own.")),
  scriptsUrls: optional(scriptsUrls("Files of the code; only where the code has no description of its own.")),
  secretNames: optional(secretNames("Secret bindings; only where the code has no description of its own.")),
  envPrefix: text("Prefix of the script's environment variables.", { maxLength: 64 }),
  secretRef: optional(text("Secret with the script's environment variables.", { maxLength: 253 })),
  secretRevision: optional(text("Resource version of that Secret: a change rolls the pods.", { maxLength: 64 })),
});
export type ResolvedVersion = Static<typeof resolvedVersion>;

export const resolvedVersions = (description: string) =>
  listMap(description, ["script"], resolvedVersion, { maxItems: maxScripts });

/** Who is at fault when a build fails because of a worker's code. */
export const culprit = struct("The worker whose code made the build fail.", {
  script: scriptName("Name of the script."),
  version: text("Name of its WorkerVersion.", { maxLength: 253 }),
});
export type Culprit = Static<typeof culprit>;

export const resources = struct("Compute resources of the container, in Kubernetes' own form.", {
  limits: optional(mapOf("Upper bounds, for example memory: 512Mi.", text("Quantity."))),
  requests: optional(mapOf("What is reserved, for example cpu: 50m.", text("Quantity."))),
});

export const autoscaling = struct("Scale by CPU with a HorizontalPodAutoscaler.", {
  minReplicas: optional(integer("Lower bound. Default 1.", { minimum: 1 })),
  maxReplicas: integer("Upper bound.", { minimum: 1 }),
  targetCPUUtilizationPercentage: optional(integer("Average CPU use to aim at. Default 80.", { minimum: 1 })),
});

/** How the pods of an account look; the bundle gets it from the account. */
export const podOptions = {
  replicas: optional(integer("Number of pods. Default 1; ignored with autoscaling.", { minimum: 0 })),
  resources: optional(resources),
  autoscaling: optional(autoscaling),
  priorityClassName: optional(text("PriorityClass of the pods.")),
  nodeSelector: optional(mapOf("Labels that a node must have.", text("Value of the label."))),
};

export const ingressOptions = struct("How the outside reaches the scripts.", {
  className: optional(text("IngressClass. Default: the installation's.")),
  domain: optional(text("Domain below which hosts are made. Default: the installation's.", { maxLength: 200 })),
  tlsSecretName: optional(text("Secret with a certificate for the hosts; its presence turns on TLS.")),
  annotations: optional(mapOf("Annotations of the Ingress.", text("Value of the annotation."))),
});
export type IngressOptions = Static<typeof ingressOptions>;
