import { kind } from "../kind.ts";
import type { ObjectOf } from "../resource.ts";
import { defaulted, integer, struct } from "../schema.ts";
import { componentFields, disruptionBudget, reference, serviceType, storageClientFields } from "./fields.ts";
import { group, version } from "./names.ts";
import { childNameRule, configShardsRule } from "./rules.ts";
import { clientStatus, summaryColumns } from "./status.ts";
import { auth, clientTls, tls } from "./trust.ts";

export const BuildbarnFrontend = kind({
  group,
  version,
  kind: "BuildbarnFrontend",
  plural: "buildbarnfrontends",
  shortNames: ["bbfe"],
  description:
    "BuildbarnFrontend is what Bazel and other clients talk to: blobs go to the shards of the storage, actions to the scheduler.",
  spec: struct(
    "How clients get in.",
    {
      ...componentFields({ name: "bb-storage, which is the frontend, too", replicas: 3 }),
      ...storageClientFields,
      schedulerRef: reference("BuildbarnScheduler that runs actions. Default: the only one in the namespace."),
      serviceType,
      maximumConnectionAgeSeconds: defaulted(
        integer("Seconds after which clients are asked to connect anew, so that they find pods that were added.", {
          minimum: 1,
          default: 300,
        }),
      ),
      disruptionBudget,
      tls,
      clientTls,
      auth: auth(["get", "put", "findMissing", "execute"]),
    },
    { rules: [configShardsRule] },
  ),
  status: clientStatus,
  summaryColumns,
  columns: [
    { name: "Storage", type: "string", jsonPath: ".status.storage.name" },
    { name: "Version", type: "string", jsonPath: ".status.version", priority: 1 },
  ],
  rules: [childNameRule],
});
export type BuildbarnFrontend = ObjectOf<typeof BuildbarnFrontend>;
