import type { Static } from "typebox";
import { kind } from "../kind.ts";
import type { ObjectOf } from "../resource.ts";
import { anything, flag, integer, list, listMap, optional, struct, text } from "../schema.ts";
import { compatibilityDate, group, resolvedVersions, scriptName, scriptsUrls, secretNames, version } from "./fields.ts";

const deployment = struct("One deployment, as wrangler knows it.", {
  id: text("UUID of the deployment.", { maxLength: 36 }),
  createdOn: text("RFC 3339 time with milliseconds.", { maxLength: 40 }),
  author: optional(text("Who made it.", { maxLength: 253 })),
  source: optional(text("What made it, for example wrangler.", { maxLength: 64 })),
  triggeredBy: optional(text("What asked for it: upload, secret, rollback or deployment.", { maxLength: 64 })),
  message: optional(text("Free text of the author.", { maxLength: 1000 })),
  versions: list(
    "What it serves.",
    struct("One version and its share.", {
      name: text("Name of the WorkerVersion.", { maxLength: 253 }),
      percentage: integer("Share of the requests.", { minimum: 0, maximum: 100 }),
    }),
    { minItems: 1, maxItems: 1 },
  ),
});
export type DeploymentEntry = Static<typeof deployment>;

const template = struct("A version written by hand: the hook makes the WorkerVersion.", {
  scriptName: scriptName("Name of the script."),
  secretRef: optional(text("Secret whose entries become the script's environment, under its prefix.")),
  secretNames: optional(
    secretNames(
      "Entries of that Secret that the script sees, by these names, in its env; null there if the Secret lacks them.",
    ),
  ),
  compatibilityDate: compatibilityDate("workerd's compatibility date: YYYY-MM-DD or MM/DD/YYYY."),
  scriptsUrls: scriptsUrls(
    "Files of the script, in the account's own prefix of the blob store. The first .js or .mjs is the main module; the type of each follows from its extension.",
  ),
});

export const WorkerDeployment = kind({
  group,
  version,
  kind: "WorkerDeployment",
  plural: "workerdeployments",
  shortNames: ["wdep"],
  description:
    "WorkerDeployment is one script of an account (label `accounts`): which version should serve, and the history of what did. The API writes `deployments`; a kubectl user writes `template` instead.",
  spec: struct(
    "What should serve.",
    {
      scriptName: optional(scriptName("Name of the script; required without a template.")),
      template: optional(template),
      deployments: optional(
        listMap("Deployments, newest first; the first is what should serve.", ["id"], deployment, { maxItems: 100 }),
      ),
      workersDev: optional(flag("Whether the script has a host of its own below the account's subdomain.", true)),
      tags: optional(list("Tags that wrangler set.", text("A tag.", { maxLength: 1000 }), { maxItems: 20 })),
      observability: optional(anything("Settings that wrangler set and reads back; without effect here.")),
      logpush: optional(flag("Setting that wrangler set and reads back; without effect here.")),
      releaseHistoryLimit: optional(
        integer("Newest versions that are kept, deployed or not, beside those that a deployment names.", {
          minimum: 1,
          maximum: 1000,
          default: 100,
        }),
      ),
    },
    {
      rules: [
        {
          rule: "has(self.template) != has(self.scriptName)",
          message: "set either template (kubectl) or scriptName (API), not both",
        },
        {
          rule: "!(has(self.template) && has(self.deployments))",
          message: "deployments belong to the API; a WorkerDeployment with a template follows its template",
        },
        {
          rule: "!has(oldSelf.scriptName) || (has(self.scriptName) && self.scriptName == oldSelf.scriptName)",
          message: "scriptName is immutable",
        },
      ],
    },
  ),
  status: {
    serving: optional(resolvedVersions("What the head asks to serve, resolved so that the account reads no version.")),
    latestVersion: optional(text("Newest WorkerVersion.")),
    versionCount: optional(integer("Number of versions that are kept.")),
  },
  columns: [
    { name: "Script", type: "string", jsonPath: ".status.serving[0].script" },
    { name: "Version", type: "string", jsonPath: ".status.serving[0].version" },
  ],
});
export type WorkerDeployment = ObjectOf<typeof WorkerDeployment>;
