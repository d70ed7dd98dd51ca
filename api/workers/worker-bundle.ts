import type { Static } from "typebox";
import { kind } from "../kind.ts";
import type { ObjectOf } from "../resource.ts";
import { integer, list, listMap, optional, type Rule, struct, text, time } from "../schema.ts";
import {
  bundleName,
  codeFields,
  domainName,
  group,
  ingressOptions,
  maxScripts,
  podOptions,
  scriptName,
  version,
} from "./fields.ts";
import { healthPort } from "./names.ts";

const worker = struct("One worker of the image.", {
  workerName: scriptName("Name of the script."),
  workerNumber: integer("TCP port of the worker in the pod.", { minimum: 1024, maximum: 65535 }),
  envPrefix: optional(text("Prefix of the worker's environment variables.", { maxLength: 64 })),
  secretRef: optional(text("Secret whose entries become environment variables under that prefix.")),
  secretRevision: optional(text("Resource version of the Secret: a change rolls the pods.")),
  version: optional(text("WorkerVersion that this is.")),
  ...codeFields,
  host: optional(
    text("Host that routes to the worker; none without a public address.", { pattern: domainName, maxLength: 253 }),
  ),
});
export type BundleWorker = Static<typeof worker>;

const onePort: Rule = {
  rule: `self.all(a, a.workerNumber != ${healthPort} && self.exists_one(b, b.workerNumber == a.workerNumber))`,
  message: `workerNumber must be a port of its own; ${healthPort} belongs to health checks`,
};

export const WorkerBundle = kind({
  group,
  version,
  kind: "WorkerBundle",
  plural: "workerbundles",
  shortNames: ["wbun"],
  description:
    "WorkerBundle serves the workers of one image: a Deployment of workerd with one named socket per worker, a Service with one port per worker, and an Ingress with one host per worker.",
  spec: struct("What is served.", {
    deploymentName: bundleName("Base name of Deployment, Service, Ingress and the rest."),
    workers: optional(
      listMap("The workers that are served.", ["workerName"], worker, { maxItems: maxScripts, rules: [onePort] }),
    ),
    sockets: optional(
      list(
        "Every worker socket of the image; one that belongs to no served worker is bound to loopback. Default: those of the workers.",
        text("Name of a socket.", { minLength: 1, maxLength: 15 }),
        { maxItems: maxScripts },
      ),
    ),
    release: optional(text("WorkerRelease that the image comes from.", { maxLength: 253 })),
    previousRelease: optional(
      text("WorkerRelease that was served before; kept for a rollback without a build.", { maxLength: 253 }),
    ),
    podTemplate: struct("How the pods look.", {
      image: optional(
        text("Image to run; none means that there is nothing to serve yet.", { minLength: 1, maxLength: 512 }),
      ),
      imagePullSecret: optional(
        text("Secret for pulling the image. Default: the one that the installation names, if any.", { maxLength: 253 }),
      ),
      ...podOptions,
    }),
    ingress: optional(ingressOptions),
  }),
  status: {
    servingRelease: optional(text("WorkerRelease that every pod serves, with nothing older left.")),
    workers: optional(
      listMap(
        "The workers that every pod serves.",
        ["name"],
        struct("One served worker.", {
          name: scriptName("Name of the script."),
          version: optional(text("WorkerVersion that serves.")),
        }),
      ),
    ),
    replicas: optional(integer("Pods that should run.")),
    readyReplicas: optional(integer("Pods that answer.")),
    updatingSince: optional(time("Since when the stored Deployment is not yet what is asked for.")),
  },
  columns: [
    { name: "Release", type: "string", jsonPath: ".status.servingRelease" },
    { name: "Pods", type: "integer", jsonPath: ".status.readyReplicas" },
  ],
});
export type WorkerBundle = ObjectOf<typeof WorkerBundle>;
