/** What the installation decides for all accounts: the second input of every Workers hook. */

import { type Static, type TObject, type TProperties, Type } from "typebox";
import { choice, integer, list, mapOf, optional, text } from "../schema.ts";
import { dnsLabel, domainName } from "./fields.ts";

/** Unknown fields are refused: one that is misspelt must not pass for one that was left out. */
function closed<P extends TProperties>(description: string, properties: P): TObject<P> {
  return Type.Object(properties, { description, additionalProperties: false });
}

const objectName = (description: string) => text(description, { pattern: domainName, maxLength: 253 });
const namespaceName = (description: string) => text(description, { pattern: dnsLabel, maxLength: 63 });
const cidrs = (description: string) =>
  list(description, text("Address block, for example 10.1.2.3/32.", { pattern: "^[0-9a-fA-F.:]+/[0-9]{1,3}$" }), {
    minItems: 1,
  });

/** Where workers' pods may ask for names; every other address inside of the cluster is closed to them. */
const dns = closed("The cluster's name resolution: pods, address blocks, or both.", {
  namespace: optional(namespaceName("Namespace of its pods. Default: kube-system.")),
  podLabels: optional(
    mapOf("Labels of its pods. Default: k8s-app: kube-dns.", text("Value of the label."), { minProperties: 1 }),
  ),
  cidrs: optional(cidrs("Resolvers that are no pods, for example 169.254.20.10/32 of NodeLocal DNSCache.")),
  port: optional(
    integer("Port on which the resolvers themselves listen. Default: 53.", { minimum: 1, maximum: 65535 }),
  ),
});

/** Who may reach workers' ports: Ingress controllers. */
const ingressFrom = closed("Where requests for workers come from.", {
  namespaces: optional(
    list("Namespaces of the Ingress controllers. Default: octoplane-system.", namespaceName("Namespace."), {
      minItems: 1,
    }),
  ),
  cidrs: optional(cidrs("Addresses of what is no pod, or a pod in its node's network.")),
});

const network = closed("What the NetworkPolicies of accounts let through.", {
  dns: optional(dns),
  ingressFrom: optional(ingressFrom),
});

/**
 * Objects of these names lie in the namespace of every account, where pods use them, and in that of the platform's own
 * programs. A pod whose object is not there waits for it.
 */
const credentials = closed("Names of the objects that hold the credentials of image store and blob store.", {
  registrySecret: optional(
    objectName("Secret of type kubernetes.io/dockerconfigjson: builds push with it, and pods pull with it."),
  ),
  s3Secret: optional(objectName("Secret whose entry `credentials` is an AWS credentials file.")),
  awsConfig: optional(
    objectName("ConfigMap whose entry `config` is an AWS config file; its endpoint may be nested under `s3 =`."),
  ),
});

export const workersSettings = closed("Settings of the Workers family.", {
  domain: text("Domain below which hosts are made: <script>.<subdomain>.<domain>.", { minLength: 1 }),
  urlScheme: choice("How URLs are written for people.", ["http", "https"]),
  urlPort: optional(integer("Port in those URLs. Default: the scheme's own.", { minimum: 1, maximum: 65535 })),
  ingressClassName: text("IngressClass of accounts that name none.", { minLength: 1 }),
  blobStore: text("Where code lies: s3://bucket/prefix or file:///dir.", { pattern: "^(s3|file)://" }),
  imageStore: text("Where images lie: registry://host/repo or oci:/dir.", { pattern: "^(registry://|oci:)" }),
  imagePrefix: text("What image names start with: host/repo; the account and a tag follow.", { minLength: 1 }),
  builderImage: text("Image of the worker builder.", { minLength: 1 }),
  runtimeBase: text("Image of the runtime that worker images are built on.", { minLength: 1 }),
  drainSeconds: integer("Seconds that a pod keeps answering after its end was asked for.", {
    minimum: 0,
    maximum: 300,
  }),
  settleSeconds: integer("Seconds after a rollout until old pods are surely gone, where they are not counted.", {
    minimum: 0,
    maximum: 600,
  }),
  credentials: optional(credentials),
  network: optional(network),
  workerMemory: text("Memory limit of a pod of workers, for example 512Mi.", { pattern: "^[1-9][0-9]*(Ki|Mi|Gi)$" }),
});

export type WorkersSettings = Static<typeof workersSettings>;
