/** What the installation decides for all accounts: the second input of every Workers hook. */

import type { Static } from "typebox";
import { choice, integer, optional, struct, text } from "../schema.ts";
import { domainName } from "./fields.ts";

const objectName = (description: string) => text(description, { pattern: domainName, maxLength: 253 });

/**
 * Objects of these names lie in the namespace of every account, where pods use them, and in that of the platform's own
 * programs. A pod whose object is not there waits for it.
 */
const credentials = struct("Names of the objects that hold the credentials of image store and blob store.", {
  registrySecret: optional(
    objectName("Secret of type kubernetes.io/dockerconfigjson: builds push with it, and pods pull with it."),
  ),
  s3Secret: optional(objectName("Secret whose entry `credentials` is an AWS credentials file.")),
  awsConfig: optional(
    objectName("ConfigMap whose entry `config` is an AWS config file; its endpoint may be nested under `s3 =`."),
  ),
});

export const workersSettings = struct("Settings of the Workers family.", {
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
  workerMemory: text("Memory limit of a pod of workers, for example 512Mi.", { pattern: "^[1-9][0-9]*(Ki|Mi|Gi)$" }),
});

export type WorkersSettings = Static<typeof workersSettings>;
