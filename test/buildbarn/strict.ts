/**
 * What Buildbarn does with its configuration before it starts: protocol buffers as JSON, in which unknown fields are
 * fatal. The fields of every message are in config-fields.json.
 */

import { readFileSync } from "node:fs";
import { newestVersion, type VersionName } from "../../api/buildbarn/versions.ts";

interface Field {
  type: string;
  of?: string;
  cardinality?: string;
  oneof?: string;
}

type Message = Record<string, Field>;

const { messages, enums } = JSON.parse(readFileSync(new URL("config-fields.json", import.meta.url), "utf8")) as {
  messages: Record<string, Message>;
  enums: Record<string, string[]>;
};

/** What differs in older versions: fields that came later, and those that were something else. */
const differences: Partial<Record<VersionName, Record<string, Record<string, Field | null>>>> = {
  "2025-08": {
    "bb_storage.ApplicationConfiguration": { zstdPool: null },
    "bb_scheduler.ApplicationConfiguration": { zstdPool: null },
    "bb_browser.ApplicationConfiguration": { zstdPool: null },
    "bb_worker.ApplicationConfiguration": { zstdPool: null, httpExecutionTimeoutCompensators: null },
    "bb_worker.RunnerConfiguration": { buildDirectoryOwnerUserId: null, buildDirectoryOwnerGroupId: null },
    "blobstore.BlobAccessConfiguration": {
      grpc: { type: "message", of: "buildbarn.configuration.grpc.ClientConfiguration", oneof: "backend" },
    },
    "filesystem.virtual.FUSEMountConfiguration": { maximumBackgroundTasks: null },
    "grpc.ClientConfiguration": { oauth2: null },
    "grpc.ServerConfiguration": { alts: null, relays: null },
    "scheduler.ActionRouterConfiguration": { remote: null },
  },
};

const ownPackage = "buildbarn.configuration.";

function messageOf(name: string, version: VersionName): Message | undefined {
  const message = messages[name];
  const changes = differences[version]?.[name.replace(ownPackage, "")];
  if (message === undefined || changes === undefined) return message;
  const fields = Object.entries({ ...message, ...changes }).filter(
    (entry): entry is [string, Field] => entry[1] !== null,
  );
  return Object.fromEntries(fields);
}

/** Files of the ConfigMap, and the message that they are. */
function rootOf(key: string): string {
  const [program = ""] = key.split(/[-.]/);
  const package_ = program === "frontend" ? "storage" : program;
  return `buildbarn.configuration.bb_${package_}.ApplicationConfiguration`;
}

/** Fields without which a program refuses to start; fields of a message that is there. */
const required: Record<string, readonly string[]> = {
  "bb_scheduler.ApplicationConfiguration": [
    ..."adminHttpServers clientGrpcServers workerGrpcServers contentAddressableStorage actionRouter".split(" "),
    ..."executeAuthorizer modifyDrainsAuthorizer killOperationsAuthorizer synchronizeAuthorizer".split(" "),
    ..."maximumMessageSizeBytes platformQueueWithNoWorkersTimeout".split(" "),
  ],
  "bb_worker.ApplicationConfiguration": [
    ..."blobstore scheduler buildDirectories inputDownloadConcurrency outputUploadConcurrency".split(" "),
    ..."directoryCache maximumMessageSizeBytes".split(" "),
  ],
  "bb_worker.RunnerConfiguration": ["endpoint", "concurrency", "platform", "workerId"],
  "bb_runner.ApplicationConfiguration": ["buildDirectoryPath", "grpcServers"],
  "bb_storage.ApplicationConfiguration": ["grpcServers", "maximumMessageSizeBytes", "executeAuthorizer"],
  "bb_storage.ScannableBlobAccessConfiguration": ["backend", "getAuthorizer", "putAuthorizer", "findMissingAuthorizer"],
  "bb_storage.NonScannableBlobAccessConfiguration": ["backend", "getAuthorizer", "putAuthorizer"],
  "bb_browser.ApplicationConfiguration": [
    ..."blobstore httpServers authorizer requestMetadataLinksJmespathExpression maximumMessageSizeBytes".split(" "),
  ],
  "grpc.ServerConfiguration": ["authenticationPolicy"],
  "http.server.Configuration": ["authenticationPolicy", "listenAddresses"],
  "grpc.ClientConfiguration": ["address"],
  "blobstore.ShardingBlobAccessConfiguration": ["shards"],
  "blobstore.ShardingBlobAccessConfiguration.Shard": ["backend", "weight"],
  "blobstore.GrpcBlobAccessConfiguration": ["client"],
};

const duration = "google.protobuf.Duration";

/** Messages that have a form of their own in JSON. */
const special: Record<string, (value: unknown) => boolean> = {
  [duration]: (value) => /^\d+(\.\d+)?s$/.test(String(value)),
  "google.protobuf.Value": () => true,
  "google.protobuf.Struct": (value) => typeof value === "object",
  "google.protobuf.UInt32Value": Number.isInteger,
};

const scalars: Record<string, (value: unknown) => boolean> = {
  string: (value) => typeof value === "string",
  bool: (value) => typeof value === "boolean",
  double: (value) => typeof value === "number",
  int32: (value) => Number.isInteger(value),
  uint32: (value) => Number.isInteger(value) && Number(value) >= 0,
  int64: (value) => /^-?\d{1,19}$/.test(String(value)),
  uint64: (value) => /^\d{1,19}$/.test(String(value)),
};

/** Where in which version's configuration. */
interface Place {
  version: VersionName;
  path: string;
}

function below({ version, path }: Place, field: string): Place {
  return { version, path: `${path}.${field}` };
}

function valueProblems({ type, of = "" }: Field, value: unknown, place: Place): string[] {
  if (type === "message") return messageProblems(of, value, place);
  if (type === "enum") return enums[of]?.includes(String(value)) ? [] : [`${place.path}: ${String(value)} is no ${of}`];
  return scalars[type]?.(value) ? [] : [`${place.path}: ${JSON.stringify(value)} is no ${type}`];
}

function fieldProblems(field: Field, value: unknown, place: Place): string[] {
  if (field.cardinality === undefined) return valueProblems(field, value, place);
  const isList = field.cardinality === "list";
  if (typeof value !== "object" || value === null || Array.isArray(value) !== isList) {
    return [`${place.path}: is no ${field.cardinality}`];
  }
  return Object.entries(value).flatMap(([key, part]) => valueProblems(field, part, below(place, key)));
}

function oneofProblems(message: Message, given: readonly string[], path: string): string[] {
  const choices = Map.groupBy(
    given.filter((name) => message[name]?.oneof !== undefined),
    (name) => message[name]?.oneof,
  );
  return [...choices.values()]
    .filter(({ length }) => length > 1)
    .map((names) => `${path}: ${names.join(" and ")} exclude each other`);
}

/** A duration that is not there is an error, but for these messages. */
const withOptionalDurations = [
  "filesystem.virtual.FUSEMountConfiguration",
  "global.TracingConfiguration.Backend.BatchSpanProcessor",
];

function durationsOf(name: string, message: Message): string[] {
  if (withOptionalDurations.includes(name)) return [];
  const durations = Object.entries(message).filter(
    ([, { of, cardinality }]) => of === duration && cardinality === undefined,
  );
  return durations.map(([field]) => field);
}

function missing(name: string, message: Message, given: readonly string[], path: string): string[] {
  const short = name.replace(ownPackage, "");
  const needed = new Set([...(required[short] ?? []), ...durationsOf(short, message)]);
  return [...needed].filter((field) => !given.includes(field)).map((field) => `${path}.${field}: is missing`);
}

/** What is wrong with a message; empty when Buildbarn takes it. */
function messageProblems(name: string, value: unknown, place: Place): string[] {
  const { version, path } = place;
  const form = special[name];
  if (form !== undefined) return form(value) ? [] : [`${path}: ${JSON.stringify(value)} is no ${name}`];
  const message = messageOf(name, version);
  if (message === undefined) return [`${path}: there is no message ${name}`];
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [`${path}: is no ${name}`];

  const given = Object.keys(value);
  const fields = Object.entries(value).flatMap(([field, part]) => {
    const known = message[field];
    return known === undefined
      ? [`${path}.${field}: unknown field of ${name}`]
      : fieldProblems(known, part, below(place, field));
  });
  return [...fields, ...oneofProblems(message, given, path), ...missing(name, message, given, path)];
}

/** What is wrong with a file of a ConfigMap, for programs of this version. */
export function fileProblems(key: string, value: unknown, version: VersionName = newestVersion): string[] {
  return messageProblems(rootOf(key), value, { version, path: "$" });
}

/** What Jsonnet makes of generated configuration, with the names of variables as their values. */
export function evaluated(text: string): unknown {
  return JSON.parse(text.replaceAll(/std\.extVar\(("[A-Z_]+")\)/g, "$1"));
}
