import type { Static } from "typebox";
import { kind } from "../kind.ts";
import { diskSize } from "../pod.ts";
import type { ObjectOf } from "../resource.ts";
import { choice, defaulted, integer, list, listMap, long, mapOf, optional, struct, text } from "../schema.ts";
import { componentFields, disruptionBudget, optionalName } from "./fields.ts";
import { group, storeNames, version } from "./names.ts";
import { childNameRule, claimRule, sizeRule } from "./rules.ts";
import { componentStatus, shardMap, summaryColumns } from "./status.ts";
import { auth, tls } from "./trust.ts";

const storeFields = (size: string, newBlocks: { default: number; maximum: number }) => ({
  size: defaulted(
    diskSize("Size of each shard's volume. It cannot change once there are volumes (VolumeResizeUnsupported).", size),
  ),
  storageClassName: optionalName("StorageClass of the volumes. Default: the cluster's."),
  keyLocationMapBytes: optional(
    long("Size of the index, 66 bytes an entry. Default: a share of the volume.", { minimum: 65_536 }),
  ),
  blocksBytes: optional(
    long("Size of the file that holds the blobs. Default: what index and file system leave.", { minimum: 1_048_576 }),
  ),
  newBlocks: defaulted(
    integer(
      `Blocks that are filled side by side; more spread the order in which blobs are forgotten. At most ${newBlocks.maximum}.`,
      { minimum: 1, ...newBlocks },
    ),
  ),
});

/** AC and FSAC overwrite entries in place, which Buildbarn allows with one new block only. */
const onlyOne = { default: 1, maximum: 1 };

const store = (description: string, fields: ReturnType<typeof storeFields>) =>
  defaulted(struct(description, fields, { default: {} }));

const volumeClaimTemplate = struct("A template, as in a StatefulSet.", {
  metadata: struct("What the claim is called.", {
    name: choice("The store that it is for.", storeNames),
    labels: optional(mapOf("Labels of the claim.", text("Value of the label."))),
    annotations: optional(mapOf("Annotations of the claim.", text("Value of the annotation."))),
  }),
  spec: struct("What is claimed.", {
    accessModes: optional(
      list(
        "How the volume may be mounted. Default ReadWriteOnce.",
        choice("Access mode.", ["ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany", "ReadOnlyMany"]),
      ),
    ),
    storageClassName: optionalName("StorageClass of the volume. Default: the cluster's."),
    resources: struct("How much is claimed.", {
      requests: struct("What is reserved.", { storage: diskSize("Size of the volume.") }),
    }),
  }),
});

export const BuildbarnStorage = kind({
  group,
  version,
  kind: "BuildbarnStorage",
  plural: "buildbarnstorages",
  shortNames: ["bbst"],
  description:
    "BuildbarnStorage keeps blobs and results of actions on sharded volumes: a StatefulSet with one shard per pod and a headless Service. Shards come and go in an order in which no client is told of one that is not there.",
  spec: struct(
    "What is stored, and where.",
    {
      ...componentFields({
        name: "bb-storage",
        pods: "Number of shards, each a pod with its volumes. A change moves clients first or last, as docs/resharding.md says.",
        replicas: 2,
        grace: "300",
      }),
      volumes: defaulted(
        struct(
          "The volumes of each shard.",
          {
            cas: store(
              "Content-addressable storage: inputs and outputs.",
              storeFields("33Gi", { default: 3, maximum: 8 }),
            ),
            ac: store("Action cache: results of actions.", storeFields("1Gi", onlyOne)),
            fsac: store("File system access cache: what actions read, for prefetching.", storeFields("1Gi", onlyOne)),
          },
          { default: {} },
        ),
      ),
      volumeClaimTemplates: optional(
        list("Volumes in the original's form; each replaces the volume of its name.", volumeClaimTemplate, {
          maxItems: 3,
          rules: [claimRule],
        }),
      ),
      volumeRetention: defaulted(
        struct(
          "What becomes of volumes.",
          {
            whenDeleted: defaulted(choice("When the storage is deleted.", ["Retain", "Delete"], "Retain")),
            whenScaled: defaulted(choice("When their shard is taken away.", ["Retain", "Delete"], "Retain")),
          },
          { default: {} },
        ),
      ),
      minimumEpochIntervalSeconds: defaulted(
        integer(
          "Seconds between two writes of the state that survives a crash: blobs that came later are lost with it.",
          { minimum: 1, default: 60 },
        ),
      ),
      resharding: defaulted(
        struct(
          "What happens when the number of shards changes.",
          {
            readFallbackSeconds: defaulted(
              integer(
                "Seconds for which blobs are looked for, and copied from, where the former map has them. 0: those on another shard now are misses.",
                { minimum: 0, default: 0 },
              ),
            ),
          },
          { default: {} },
        ),
      ),
      disruptionBudget,
      tls,
      auth: auth(["get", "put", "findMissing"]),
    },
    { rules: [sizeRule] },
  ),
  status: {
    ...componentStatus,
    shardMap: optional(shardMap),
    shards: optional(
      listMap(
        "Every shard that has a pod, or is to have one.",
        ["name"],
        struct("A shard.", {
          name: text("Name of its pod."),
          address: text("Where clients find it."),
          phase: choice("Whether clients know it.", ["Starting", "Serving", "Retiring"]),
        }),
      ),
    ),
  },
  summaryColumns,
  columns: [
    { name: "Shards", type: "integer", jsonPath: ".status.shardMap.shards" },
    { name: "Version", type: "string", jsonPath: ".status.version", priority: 1 },
  ],
  rules: [childNameRule],
});
export type BuildbarnStorage = ObjectOf<typeof BuildbarnStorage>;
export type ClaimTemplate = Static<typeof volumeClaimTemplate>;
