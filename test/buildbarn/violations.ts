/** What breaks each rule of the Buildbarn kinds, and what users are told then. */

import { BuildbarnBrowser } from "../../api/buildbarn/buildbarn-browser.ts";
import { BuildbarnFrontend } from "../../api/buildbarn/buildbarn-frontend.ts";
import { BuildbarnScheduler } from "../../api/buildbarn/buildbarn-scheduler.ts";
import { BuildbarnStorage } from "../../api/buildbarn/buildbarn-storage.ts";
import { BuildbarnWorker } from "../../api/buildbarn/buildbarn-worker.ts";
import type { Kind } from "../../api/kind.ts";
import { farmKinds } from "../../hooks/buildbarn/kinds.ts";

export interface Violation {
  what: string;
  kind: Kind;
  /** Path of what the rule is about, as the API server says it; empty for the whole object. */
  field: string;
  /** The same for people, who read it from a condition, where it is another one. */
  told?: string;
  message: string;
  name?: string;
  spec?: Record<string, unknown>;
}

const all = farmKinds as unknown as readonly Kind[];
const storage = BuildbarnStorage as unknown as Kind;
const scheduler = BuildbarnScheduler as unknown as Kind;
const worker = BuildbarnWorker as unknown as Kind;

const nameRule =
  "metadata.name names Services and pods, too: at most 52 lower-case letters, digits and dashes, a letter first";
const prefixes = "instanceNamePrefixes belongs to policy InstanceNamePrefixes and must be there with it";
const expression = "expression belongs to policy Expression and must be there with it";

function ofEveryKind(kind: Kind): Violation[] {
  const name = { kind, field: "", told: "metadata.name", message: nameRule };
  const field = "spec.tolerations[0]";
  const tolerations = [{ effect: "NoSchedule" }, { key: "a", operator: "Exists" }];
  const message = "key may be left out with operator Exists only";
  return [
    { ...name, what: "a long name", name: "a".repeat(53) },
    { ...name, what: "a name that begins with a digit", name: "1a" },
    { ...name, what: "a name with a dot", name: "a.b" },
    { kind, field, message, what: "a toleration of everything that is not said to be one", spec: { tolerations } },
  ];
}

function ofClients(kind: Kind): Violation[] {
  const message = "configShards speaks of configuration that is written by hand: it needs configMapName";
  const shared = { kind, field: "spec", message };
  return [
    { ...shared, what: "shards of a configuration that is generated", spec: { configShards: 2 } },
    { ...shared, what: "shards of no configuration", spec: { configShards: 2, configMapName: "" } },
  ];
}

const rights: [Kind, string[]][] = [
  [storage, ["get", "put", "findMissing"]],
  [BuildbarnFrontend as unknown as Kind, ["get", "put", "findMissing", "execute"]],
  [scheduler, ["execute", "modifyDrains", "killOperations", "synchronize"]],
  [BuildbarnBrowser as unknown as Kind, ["view"]],
];

function ofRight(kind: Kind, right: string): Violation[] {
  const broken = (policy: string, more: object, message: string): Violation => ({
    ...{ kind, field: `spec.auth.${right}`, message },
    what: `${right} by policy ${policy} with ${Object.keys(more).join() || "nothing"}`,
    spec: { auth: { [right]: { policy, ...more } } },
  });
  return [
    broken("InstanceNamePrefixes", {}, prefixes),
    broken("Allow", { instanceNamePrefixes: ["a"] }, prefixes),
    broken("Expression", {}, expression),
    broken("Deny", { expression: "`true`" }, expression),
  ];
}

const claim = { metadata: { name: "cas" }, spec: { resources: { requests: { storage: "1Gi" } } } };
const property = { name: "OSFamily", value: "linux" };
const sizes = "volumes: keyLocationMapBytes and blocksBytes of a store must not be more than its size";

/** Of rules that CEL says: the hooks check the same. */
export const violations: readonly Violation[] = [
  ...all.flatMap(ofEveryKind),
  ...all.filter((kind) => kind !== storage).flatMap(ofClients),
  ...rights.flatMap(([kind, names]) => names.flatMap((right) => ofRight(kind, right))),
  {
    what: "two volumes for one store",
    kind: storage,
    field: "spec.volumeClaimTemplates",
    message: "volumeClaimTemplates must have one entry per name: cas, ac, fsac",
    spec: { volumeClaimTemplates: [claim, claim] },
  },
  {
    what: "actions that take longer than they may",
    kind: scheduler,
    field: "spec",
    message: "defaultExecutionTimeoutSeconds must not be larger than maximumExecutionTimeoutSeconds",
    spec: { defaultExecutionTimeoutSeconds: 61, maximumExecutionTimeoutSeconds: 60 },
  },
  {
    what: "a property that is there twice",
    kind: worker,
    field: "spec.platform",
    message: "platform must not have the same property with the same value twice",
    spec: { platform: [property, { ...property, value: "other" }, property] },
  },
  {
    what: "more pods at least than at most",
    kind: worker,
    field: "spec.autoscaling",
    message: "minReplicas must not be larger than maxReplicas",
    spec: { autoscaling: { minReplicas: 3, maxReplicas: 2 } },
  },
];

interface SaidOtherwise extends Violation {
  /** The hook's reason, field and words. */
  reason: string;
  told: string;
  said: string;
}

const parts =
  "parts of an instance name are separated by one slash each, and none is blobs, uploads, actions, actionResults, operations, capabilities, compressed-blobs";

function wrongName(kind: Kind, field: string, name: string, spec: Record<string, unknown>): SaidOtherwise {
  const told = field.replace("[0]", "");
  const said = `${JSON.stringify(name)}: ${parts}`;
  return { what: `${name} in ${field}`, kind, field, message: parts, reason: "InstanceNameInvalid", told, said, spec };
}

/** Of the rule about instance names: the hook says which one it is. */
const nameViolations = [
  ...["a/blobs", "operations", "a//b", "/a", "a/"].map((name) =>
    wrongName(worker, "spec.instanceNamePrefix", name, { instanceNamePrefix: name }),
  ),
  ...rights.flatMap(([kind, names]) =>
    names.map((right) => {
      const auth = { [right]: { policy: "InstanceNamePrefixes", instanceNamePrefixes: ["uploads/a"] } };
      return wrongName(kind, `spec.auth.${right}.instanceNamePrefixes[0]`, "uploads/a", { auth });
    }),
  ),
];

/** Of the rule about sizes: CEL knows the fields, the hook knows which volumes there are, and says it of each. */
const sizeViolations = [
  {
    what: "an index and blocks that are larger than the volume together",
    kind: storage,
    field: "spec",
    message: sizes,
    reason: "VolumeTooSmall",
    told: "spec.volumes.ac",
    said: "keyLocationMapBytes and blocksBytes are 1200000000 together, more than its size of 1Gi",
    spec: { volumes: { ac: { keyLocationMapBytes: 600_000_000, blocksBytes: 600_000_000 } } },
  },
  {
    what: "blocks that are one byte larger than the volume",
    kind: storage,
    field: "spec",
    message: sizes,
    reason: "VolumeTooSmall",
    told: "spec.volumes.cas",
    said: "keyLocationMapBytes and blocksBytes are 1014061569 together, more than its size of 1G",
    spec: { volumes: { cas: { size: "1G", blocksBytes: 1_000_000_001 } } },
  },
];

/** Of rules that CEL says in general, and hooks with what they found. */
export const saidOtherwise: readonly SaidOtherwise[] = [...nameViolations, ...sizeViolations];

/** Of rules that the schema itself says: no API server stores them. */
export const schemaViolations: readonly Violation[] = [
  {
    what: "new blocks of a store whose entries are overwritten",
    kind: storage,
    field: "spec.volumes.ac.newBlocks",
    message: "spec.volumes.ac.newBlocks in body should be less than or equal to 1",
    spec: { volumes: { ac: { newBlocks: 3 } } },
  },
  {
    what: "the same of the file system access cache",
    kind: storage,
    field: "spec.volumes.fsac.newBlocks",
    message: "spec.volumes.fsac.newBlocks in body should be less than or equal to 1",
    spec: { volumes: { fsac: { newBlocks: 2 } } },
  },
  ...["concurrency", "inputDownloadConcurrency", "outputUploadConcurrency"].map((field) => ({
    what: `no ${field}`,
    kind: worker,
    field: `spec.${field}`,
    message: `spec.${field} in body should be greater than or equal to 1`,
    spec: { [field]: 0 },
  })),
  {
    what: "two pods of a scheduler, whose queue is in memory",
    kind: scheduler,
    field: "spec.replicas",
    message: "spec.replicas in body should be less than or equal to 1",
    spec: { replicas: 2 },
  },
  {
    what: "a size that is no text",
    kind: storage,
    field: "spec.volumes.cas.size",
    message: "spec.volumes.cas.size in body must be of type string",
    spec: { volumes: { cas: { size: 35_433_480_192 } } },
  },
  {
    what: "a fraction that is no text",
    kind: worker,
    field: "spec.resources.requests.cpu",
    message: "spec.resources.requests.cpu in body must be of type integer,string",
    spec: { resources: { requests: { cpu: 0.5 } } },
  },
];

/** What is all right, although it comes close. */
export const legal: readonly Pick<Violation, "what" | "kind" | "spec">[] = [
  { what: "numbers as quantities", kind: worker, spec: { resources: { requests: { cpu: 2, memory: 1_000_000_000 } } } },
  {
    what: "a larger volume by a template",
    kind: storage,
    spec: {
      volumeClaimTemplates: [{ metadata: { name: "ac" }, spec: { resources: { requests: { storage: "2Gi" } } } }],
      volumes: { ac: { keyLocationMapBytes: 600_000_000, blocksBytes: 600_000_000 } },
    },
  },
  { what: "an instance name with parts", kind: worker, spec: { instanceNamePrefix: "team/my-blobs/operations2" } },
  { what: "an empty instance name", kind: worker, spec: { instanceNamePrefix: "" } },
  { what: "no shards", kind: storage, spec: { replicas: 0 } },
  { what: "shards of a configuration of one's own", kind: worker, spec: { configShards: 2, configMapName: "by-hand" } },
  {
    what: "the same property with several values",
    kind: worker,
    spec: { platform: [property, { ...property, value: "x" }] },
  },
];
