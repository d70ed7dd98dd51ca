import { kind } from "../kind.ts";
import type { ObjectOf } from "../resource.ts";
import { integer, list, optional, struct, text } from "../schema.ts";
import { accountName, culprit, dnsLabel, group, maxScripts, resolvedVersions, scriptName, version } from "./fields.ts";

export const JobBuilder = kind({
  group,
  version,
  kind: "JobBuilder",
  plural: "jobbuilders",
  shortNames: ["jb"],
  description:
    "JobBuilder is one image build: attempts of a Job that are never changed, only superseded. A worker's fault ends it; an infrastructure failure is tried again, later and later, until its cause is gone.",
  spec: struct("What is built.", {
    scriptUrls: list("Blob prefix of each worker.", text("Blob prefix.", { maxLength: 1024 }), {
      maxItems: maxScripts,
    }),
    scriptNames: list("Name of each worker, in the order of scriptUrls.", scriptName("Name of a script."), {
      maxItems: maxScripts,
    }),
    targetImage: text("Image that is pushed.", { minLength: 1, maxLength: 512 }),
    workerBundleName: text("WorkerBundle that will serve the image; the account, where none is named.", {
      pattern: dnsLabel,
      maxLength: 63,
    }),
    accounts: optional(accountName("Account id; its prefix of the blob store is all that the build may read.")),
    workers: optional(resolvedVersions("The workers in detail.")),
    runtimeBase: optional(
      text("Image of the runtime that is built on. Default: the installation's.", { minLength: 1 }),
    ),
  }),
  status: {
    image: optional(text("The pushed image.")),
    job: optional(text("The Job of the present attempt.")),
    attempt: optional(integer("Number of the present attempt.")),
    failedWorker: optional(culprit),
    report: optional(text("Blob key of the build's full report.")),
  },
  columns: [
    { name: "Job", type: "string", jsonPath: ".status.job" },
    { name: "Attempt", type: "integer", jsonPath: ".status.attempt" },
  ],
  rules: [
    {
      rule: "size(self.spec.scriptUrls) == size(self.spec.scriptNames)",
      message: "scriptUrls and scriptNames must have the same length: entry i of one belongs to entry i of the other",
    },
  ],
});
export type JobBuilder = ObjectOf<typeof JobBuilder>;
