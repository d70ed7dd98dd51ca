import { kind } from "../kind.ts";
import type { ObjectOf } from "../resource.ts";
import { defaulted, integer, list, optional, struct, text } from "../schema.ts";
import { componentFields, ingress, platformProperties, reference, serviceType, storageClientFields } from "./fields.ts";
import { group, version } from "./names.ts";
import { childNameRule, configShardsRule, timeoutRule } from "./rules.ts";
import { clientStatus, summaryColumns } from "./status.ts";
import { auth, clientTls, tls } from "./trust.ts";

const seconds = (description: string, fallback: number) =>
  defaulted(integer(description, { minimum: 1, maximum: 604_800, default: fallback }));

export const BuildbarnScheduler = kind({
  group,
  version,
  kind: "BuildbarnScheduler",
  plural: "buildbarnschedulers",
  shortNames: ["bbsched"],
  description:
    "BuildbarnScheduler hands actions to workers. Its queues are in memory, so there is one pod at a time, and the old one ends before the new one starts.",
  spec: struct(
    "How actions are scheduled.",
    {
      ...componentFields({
        name: "bb-scheduler",
        pods: "Number of pods: 1, or 0 to stop the farm. Two would be two farms, since queues are in memory.",
        replicas: 1,
        maxReplicas: 1,
      }),
      ...storageClientFields,
      browserRef: reference("BuildbarnBrowser that links point to. Default: the only one in the namespace, if any."),
      serviceType,
      defaultExecutionTimeoutSeconds: seconds("Seconds that an action may run that does not say so itself.", 1800),
      maximumExecutionTimeoutSeconds: seconds(
        "Seconds that an action may ask to run. Workers have this time to finish when they are told to stop.",
        7200,
      ),
      noWorkersTimeoutSeconds: seconds("Seconds for which actions of a queue are kept whose last worker is gone.", 900),
      ingress,
      tls,
      clientTls,
      auth: auth(["execute", "modifyDrains", "killOperations", "synchronize"]),
    },
    {
      rules: [timeoutRule, configShardsRule],
    },
  ),
  status: {
    ...clientStatus,
    predeclaredQueues: optional(
      list(
        "Queues that exist before any worker announces them.",
        struct("A queue.", {
          instanceNamePrefix: optional(text("Instance names that start with it.")),
          platform: platformProperties("Properties that actions must ask for."),
          sizeClasses: list("Size classes of its workers.", integer("Size class.")),
        }),
      ),
    ),
  },
  summaryColumns,
  columns: [
    { name: "Storage", type: "string", jsonPath: ".status.storage.name" },
    { name: "Version", type: "string", jsonPath: ".status.version", priority: 1 },
  ],
  rules: [childNameRule],
});
export type BuildbarnScheduler = ObjectOf<typeof BuildbarnScheduler>;
