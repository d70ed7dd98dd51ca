import { kind } from "../kind.ts";
import type { ObjectOf } from "../resource.ts";
import { immutable, integer, list, optional, struct, text } from "../schema.ts";
import {
  bundleName,
  dnsLabel,
  group,
  ingressOptions,
  labelSelector,
  podOptions,
  scriptName,
  version,
} from "./fields.ts";

const scriptStatus = struct("One script of the account.", {
  name: scriptName("Name of the script."),
  versionWanted: optional(text("WorkerVersion that should serve.")),
  deploymentWanted: optional(text("Id of the deployment that asks for it; absent for a script with a template.")),
  versionServing: optional(text("WorkerVersion that serves on every pod.")),
  url: optional(text("Where the script answers.")),
  host: optional(text("Host name of the script.")),
  reason: text("Serving, Building, RollingOut, WorkerFault, BuildFailed or why it is refused."),
  message: optional(text("The reason in words.", { maxLength: 32768 })),
});

export const WorkerAccount = kind({
  group,
  version,
  kind: "WorkerAccount",
  plural: "workeraccounts",
  shortNames: ["wacc"],
  description:
    "WorkerAccount is one tenant of the Workers platform: its name is the account id that wrangler uses. It gathers the account's WorkerDeployments into releases, has them built, and serves the newest good one.",
  spec: struct("What the account should be.", {
    workerBundleName: bundleName("Name of the WorkerBundle that serves the account.", { rules: [immutable] }),
    workerReleaseSelector: labelSelector(
      "Selects the account's WorkerReleases: its matchLabels are stamped on every release that the account makes.",
    ),
    podTemplate: struct("How the pods look.", {
      imagePullSecret: text(
        "Secret for pulling the account's images; empty: the one that the installation names, if any.",
        {
          maxLength: 253,
        },
      ),
      ...podOptions,
    }),
    displayName: optional(text("Name that wrangler shows for the account. Default: its id.", { maxLength: 100 })),
    subdomain: optional(
      text("DNS label below which the scripts' hosts lie. Default: the account's name.", {
        pattern: dnsLabel,
        maxLength: 63,
      }),
    ),
    ingress: optional(ingressOptions),
    releaseHistoryLimit: optional(
      integer("Built releases that are kept beside the serving one and the one before it.", {
        minimum: 0,
        maximum: 20,
        default: 0,
      }),
    ),
  }),
  status: {
    subdomain: optional(text("Subdomain that the account holds; none while it may not act.")),
    wantedRelease: optional(text("WorkerRelease that holds everything as wanted.")),
    servingRelease: optional(text("WorkerRelease that the bundle was told to serve.")),
    previousRelease: optional(text("WorkerRelease that was served before; kept for a rollback without a build.")),
    scriptCount: optional(integer("Number of scripts that are wanted.")),
    scripts: optional(list("The scripts, sorted by name.", scriptStatus)),
  },
  columns: [
    { name: "Scripts", type: "integer", jsonPath: ".status.scriptCount" },
    { name: "Release", type: "string", jsonPath: ".status.servingRelease" },
  ],
  rules: [
    {
      rule: "self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$') && size(self.metadata.name) <= 52",
      message: "the name of a WorkerAccount must be a DNS label of at most 52 characters",
    },
  ],
});
export type WorkerAccount = ObjectOf<typeof WorkerAccount>;
export type ScriptStatus = NonNullable<NonNullable<WorkerAccount["status"]>["scripts"]>[number];
