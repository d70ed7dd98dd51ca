/** What several Buildbarn kinds say of themselves. */

import type { Static } from "typebox";
import type { Column } from "../kind.ts";
import { flag, integer, list, long, optional, struct, text } from "../schema.ts";

/** The original's columns, and why. */
export const summaryColumns: readonly Column[] = [
  { name: "State", type: "string", jsonPath: ".status.state" },
  { name: "Replicas", type: "integer", jsonPath: ".status.replicas" },
  { name: "Ready", type: "integer", jsonPath: ".status.readyReplicas" },
  { name: "Reason", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
];

/** What every kind says of its pods. */
export const componentStatus = {
  state: optional(text("Ready, NotReady or NotFound, as in the original.")),
  replicas: optional(integer("Pods that exist.")),
  readyReplicas: optional(integer("Pods that are ready.")),
  version: optional(text("Version of Buildbarn that is asked for.")),
  configMap: optional(text("ConfigMap that the pods read.")),
};

/** What a client says of the shards that its pods may use: a storage shrinks when every client has let go. */
const storageUse = struct("Which shards the pods use.", {
  name: text("Name of the BuildbarnStorage.", { maxLength: 253 }),
  revision: long("Revision of the shard map; 0 for configuration that is written by hand."),
  shards: integer("Number of shards in it."),
  settled: flag("Whether every pod, one that is about to end included, uses that map and no older one."),
});
export type StorageUse = Static<typeof storageUse>;

export const clientStatus = {
  ...componentStatus,
  storage: optional(storageUse),
};

const notedClient = struct("A client that may use the map.", {
  uid: text("UID of a BuildbarnScheduler, BuildbarnFrontend, BuildbarnBrowser or BuildbarnWorker."),
  generation: long("The newest generation of it of which the storage has heard."),
});

export const shardMap = struct("Which shards clients may use now.", {
  revision: long("Grows with every change."),
  shards: integer("Number of shards: 0 to this minus 1."),
  previousShards: optional(integer("Number of shards of the map before, where blobs are still looked for.")),
  clients: optional(list("The clients that are taken note of; others wait.", notedClient)),
});
export type ShardMap = Static<typeof shardMap>;
