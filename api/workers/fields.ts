/** Fields that several Workers kinds share: what flows down from a WorkerDeployment to a Job keeps one shape. */

import type { Static } from "typebox";
import { labelValue, resources, scalingRule } from "../pod.ts";
import { integer, list, listMap, mapOf, optional, type Rule, struct, text } from "../schema.ts";

export const group = "api.cf-worker";
export const version = "v1";

/** Label by which the objects of an account are found; its value is the account's name. */
export const accountLabel = "accounts";
/** Label of objects that belong to one script; its value is the script's name. */
export const scriptLabel = "scripts";
/** Label of the claims to a subdomain; its value is the subdomain. */
export const subdomainLabel = "octoplane.io/subdomain";
/** An administrator sets this label to `enabled` on a namespace that may hold accounts. */
export const namespaceLabel = "octoplane.io/workers";
/** Every worker release holds at most this many scripts: one image layer each. */
export const maxScripts = 100;

/** Names that objects, Services and hosts can have: DNS labels, and those that start with a letter. */
export const dnsLabel = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";
const serviceName = "^[a-z]([-a-z0-9]*[a-z0-9])?$";
export const domainName = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
const scriptPattern = "^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?$";
const longestScriptName = 63;

/** For names that no schema has checked: the keys of a map. */
export function isScriptName(name: string): boolean {
  return name.length <= longestScriptName && new RegExp(scriptPattern).test(name);
}

export const scriptName = (description: string) =>
  text(description, { pattern: scriptPattern, maxLength: longestScriptName });
export const accountName = (description: string) => text(description, { pattern: dnsLabel, maxLength: 63 });
/** Room is left for what Kubernetes appends to the names of pods; a Service's name must start with a letter. */
export const bundleName = (description: string, options: { rules?: Rule[] } = {}) =>
  text(description, { pattern: serviceName, maxLength: 52, ...options });
/** A WorkerVersion, or a blob prefix where releases and builds are written by hand. */
const versionName = (description: string) => text(description, { maxLength: 1024 });
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
    matchLabels: optional(mapOf("Labels and their values.", labelValue)),
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

/**
 * What a script sees of a Secret that a user wrote. Hooks get the metadata of Secrets only, so that an entry which the
 * Secret lacks is noticed by nobody but the script.
 */
export const secretNames = (description: string) =>
  list(description, text("Name of an entry.", { pattern: "^[A-Za-z_][A-Za-z0-9_]*$", maxLength: 256 }), {
    maxItems: 128,
  });

/** Where the code of a version lies and what it needs; the same wherever a version is passed on. */
export const codeFields = {
  url: optional(text("Blob prefix of the code, inside the account's own prefix.", { maxLength: 1024 })),
  digest: optional(text("SHA-256 of the code's description, hex: equal digests are equal code.", { maxLength: 64 })),
  compatibilityDate: optional(text("YYYY-MM-DD; only where the code has no description of its own.")),
  scriptsUrls: optional(scriptsUrls("Files of the code; only where the code has no description of its own.")),
  secretNames: optional(secretNames("Secret bindings; only where the code has no description of its own.")),
  owner: optional(text("UID of the WorkerDeployment: a deleted script and its namesake are two.", { maxLength: 64 })),
};

/** What has to be known about a version to build and to serve it, so that nothing below reads the version itself. */
export const resolvedVersion = struct("One script at one version.", {
  script: scriptName("Name of the script."),
  version: versionName("Name of the WorkerVersion."),
  ...codeFields,
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
  version: versionName("Name of its WorkerVersion."),
});
export type Culprit = Static<typeof culprit>;

export const autoscaling = struct(
  "Scale by CPU with a HorizontalPodAutoscaler.",
  {
    minReplicas: optional(integer("Lower bound. Default 1.", { minimum: 1 })),
    maxReplicas: integer("Upper bound.", { minimum: 1 }),
    targetCPUUtilizationPercentage: optional(integer("Average CPU use to aim at. Default 80.", { minimum: 1 })),
  },
  { rules: [scalingRule] },
);

/** How the pods of an account look; the bundle gets it from the account. */
export const podOptions = {
  replicas: optional(integer("Number of pods. Default 1; ignored with autoscaling.", { minimum: 0 })),
  resources: optional(resources("Compute resources of the container, in Kubernetes' own form.")),
  autoscaling: optional(autoscaling),
  priorityClassName: optional(text("PriorityClass of the pods.", { maxLength: 253 })),
  nodeSelector: optional(mapOf("Labels that a node must have.", labelValue)),
};

export const ingressOptions = struct("How the outside reaches the scripts.", {
  className: optional(text("IngressClass. Default: the installation's.", { minLength: 1, maxLength: 253 })),
  domain: optional(
    text("Domain below which hosts are made. Default: the installation's.", { pattern: domainName, maxLength: 120 }),
  ),
  tlsSecretName: optional(
    text("Secret with a certificate for the hosts; its presence turns on TLS.", { minLength: 1, maxLength: 253 }),
  ),
  annotations: optional(mapOf("Annotations of the Ingress.", text("Value of the annotation."))),
});
export type IngressOptions = Static<typeof ingressOptions>;
