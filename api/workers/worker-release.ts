import { kind } from "../kind.ts";
import type { ObjectOf } from "../resource.ts";
import { immutable, mapOf, optional, struct, text } from "../schema.ts";
import { accountName, bundleName, culprit, group, maxScripts, resolvedVersions, version } from "./fields.ts";

export const WorkerRelease = kind({
  group,
  version,
  kind: "WorkerRelease",
  plural: "workerreleases",
  shortNames: ["wrel"],
  description:
    "WorkerRelease is one content of an account: every script at one version. It is built once into one image; a release whose build inputs equal those of a built one takes over its image.",
  spec: struct("What is in the release.", {
    accounts: accountName("Account id: the name of the WorkerAccount."),
    workerVersions: mapOf("Script name to the blob prefix of its code.", text("Blob prefix.", { maxLength: 1024 }), {
      maxProperties: maxScripts,
    }),
    workers: optional(resolvedVersions("The scripts, sorted by name.")),
    runtimeBase: optional(
      text("Image of the runtime that the release is built on.", { minLength: 1, rules: [immutable] }),
    ),
    buildHash: optional(text("Hash of everything that the image depends on.", { rules: [immutable] })),
    targetImage: optional(text("Image that the build pushes.", { minLength: 1, maxLength: 512, rules: [immutable] })),
    workerBundleName: optional(bundleName("WorkerBundle that will serve it.")),
    image: optional(
      text("The built image, once there is one: then nothing is built any more.", { minLength: 1, maxLength: 512 }),
    ),
  }),
  status: {
    image: optional(text("The built image.")),
    failedWorker: optional(culprit),
  },
  columns: [
    { name: "Account", type: "string", jsonPath: ".spec.accounts" },
    { name: "Image", type: "string", jsonPath: ".status.image", priority: 1 },
  ],
});
export type WorkerRelease = ObjectOf<typeof WorkerRelease>;
