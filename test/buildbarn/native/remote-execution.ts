/** A small client of the Remote Execution API: what Bazel does to run an action, and nothing else. */

import { createHash, randomUUID } from "node:crypto";
import { join } from "node:path";
import { type ChannelCredentials, Client, credentials, type ServiceDefinition } from "@grpc/grpc-js";
import { loadSync, type MessageTypeDefinition } from "@grpc/proto-loader";

export interface Digest {
  hash: string;
  sizeBytes: number;
}

export interface Property {
  name: string;
  value: string;
}

export interface ActionResult {
  outputFiles: { path: string; digest: Digest }[];
  exitCode: number;
  stderrRaw: Buffer;
  executionMetadata: { worker: string };
}

export interface ActionOptions {
  /** Of `sh -c`. */
  script: string;
  /** Contents of the input files by name. */
  inputs?: Record<string, Buffer>;
  /** Files that the script writes. */
  outputs?: readonly string[];
  platform: readonly Property[];
  timeoutSeconds?: number;
}

interface Status {
  code: number;
  message: string;
}

const v2 = "build.bazel.remote.execution.v2";
const definitions = loadSync(["execution.proto", "bytestream.proto"], {
  includeDirs: [join(import.meta.dirname, "protocol")],
  longs: Number,
  defaults: true,
});
const message = (name: string) => definitions[`${v2}.${name}`] as MessageTypeDefinition<object, object>;
const service = (name: string) => definitions[name] as ServiceDefinition;

function encoded(name: string, value: object): Buffer {
  return message(name).serialize(value);
}

export function digestOf(blob: Buffer): Digest {
  return { hash: createHash("sha256").update(blob).digest("hex"), sizeBytes: blob.length };
}

/** An action and all that it refers to. */
function blobsOf({ script, inputs = {}, outputs = [], platform, timeoutSeconds = 60 }: ActionOptions) {
  const command = encoded("Command", {
    arguments: ["/bin/sh", "-c", script],
    environmentVariables: [{ name: "PATH", value: "/usr/bin:/bin" }],
    outputPaths: [...outputs].sort(),
  });
  const files = Object.entries(inputs).sort(([a], [b]) => (a < b ? -1 : 1));
  const root = encoded("Directory", { files: files.map(([name, blob]) => ({ name, digest: digestOf(blob) })) });
  const action = encoded("Action", {
    commandDigest: digestOf(command),
    inputRootDigest: digestOf(root),
    timeout: { seconds: timeoutSeconds },
    platform: { properties: platform },
  });
  return { action: digestOf(action), blobs: [command, root, action, ...Object.values(inputs)] };
}

/** What fits into a message with others; larger blobs are streamed. */
const largestBatched = 1024 * 1024;
const chunkBytes = 256 * 1024;
const notFound = 5;

export interface RemoteExecution {
  /** Versions of the protocol that the farm speaks, and whether it runs actions. */
  capabilities(): Promise<{ low: string; high: string; execEnabled: boolean }>;
  /** Stores the action and its inputs, as far as they are missing. Resolves with the action, and what was missing. */
  upload(options: ActionOptions): Promise<{ action: Digest; uploaded: number }>;
  /** The result of an action that has run. */
  cached(action: Digest): Promise<ActionResult | undefined>;
  /** Runs an action that is stored. @throws Error when it could not be run; its own failure is an exit code */
  execute(action: Digest): Promise<ActionResult>;
  read(digest: Digest): Promise<Buffer>;
  close(): void;
}

/** @param address `host:port` of a frontend */
export function remoteExecution(
  address: string,
  instanceName = "",
  trust: ChannelCredentials = credentials.createInsecure(),
): RemoteExecution {
  const client = new Client(address, trust);
  const prefix = instanceName === "" ? "" : `${instanceName}/`;

  function call<T>(name: string, method: string, request: object): Promise<T> {
    const { path, requestSerialize, responseDeserialize } = methodOf(name, method);
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error, response) =>
        error === null ? resolve(response as T) : reject(error),
      );
    });
  }

  async function answers<T>(name: string, method: string, request: object): Promise<T[]> {
    const { path, requestSerialize, responseDeserialize } = methodOf(name, method);
    const received: T[] = [];
    const stream = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request);
    for await (const answer of stream) received.push(answer as T);
    return received;
  }

  function write(blob: Buffer): Promise<void> {
    const { path, requestSerialize, responseDeserialize } = methodOf("google.bytestream.ByteStream", "Write");
    const { hash, sizeBytes } = digestOf(blob);
    const resourceName = `${prefix}uploads/${randomUUID()}/blobs/${hash}/${sizeBytes}`;
    return new Promise((resolve, reject) => {
      const stream = client.makeClientStreamRequest(path, requestSerialize, responseDeserialize, (error) =>
        error === null ? resolve() : reject(error),
      );
      for (let offset = 0; offset < blob.length; offset += chunkBytes) {
        const data = blob.subarray(offset, offset + chunkBytes);
        const finishWrite = offset + data.length === blob.length;
        stream.write({ resourceName, writeOffset: offset, data, finishWrite });
      }
      stream.end();
    });
  }

  async function store(blobs: readonly Buffer[]): Promise<void> {
    const small = blobs.filter(({ length }) => length <= largestBatched);
    const requests = small.map((data) => ({ digest: digestOf(data), data }));
    const answer = await call<{ responses: { status: Status | null }[] }>(
      `${v2}.ContentAddressableStorage`,
      "BatchUpdateBlobs",
      { instanceName, requests },
    );
    const failed = answer.responses.find(({ status }) => (status?.code ?? 0) !== 0);
    if (failed !== undefined) throw new Error(`BatchUpdateBlobs: ${failed.status?.message}`);
    for (const blob of blobs.filter(({ length }) => length > largestBatched)) await write(blob);
  }

  return {
    async capabilities() {
      const answer = await call<{
        lowApiVersion: { major: number; minor: number };
        highApiVersion: { major: number; minor: number };
        executionCapabilities: { execEnabled: boolean };
      }>(`${v2}.Capabilities`, "GetCapabilities", { instanceName });
      const { lowApiVersion: low, highApiVersion: high, executionCapabilities } = answer;
      const text = ({ major, minor }: { major: number; minor: number }) => `${major}.${minor}`;
      return { low: text(low), high: text(high), execEnabled: executionCapabilities.execEnabled };
    },

    async upload(options) {
      const { action, blobs } = blobsOf(options);
      const { missingBlobDigests } = await call<{ missingBlobDigests: Digest[] }>(
        `${v2}.ContentAddressableStorage`,
        "FindMissingBlobs",
        { instanceName, blobDigests: blobs.map(digestOf) },
      );
      const missing = new Set(missingBlobDigests.map(({ hash }) => hash));
      const wanted = blobs.filter((blob) => missing.has(digestOf(blob).hash));
      if (wanted.length > 0) await store(wanted);
      return { action, uploaded: wanted.length };
    },

    async cached(actionDigest) {
      try {
        return await call<ActionResult>(`${v2}.ActionCache`, "GetActionResult", { instanceName, actionDigest });
      } catch (error) {
        if ((error as { code?: number }).code === notFound) return undefined;
        throw error;
      }
    },

    async execute(actionDigest) {
      interface Operation {
        done: boolean;
        response: { value: Buffer } | null;
      }
      const operations = await answers<Operation>(`${v2}.Execution`, "Execute", { instanceName, actionDigest });
      const value = operations.find(({ done }) => done)?.response?.value;
      if (value === undefined) throw new Error("Execute ended without a response");
      const response = message("ExecuteResponse").deserialize(value) as { status: Status | null; result: ActionResult };
      if ((response.status?.code ?? 0) !== 0) throw new Error(`Execute: ${response.status?.message}`);
      return response.result;
    },

    async read({ hash, sizeBytes }) {
      const resourceName = `${prefix}blobs/${hash}/${sizeBytes}`;
      const parts = await answers<{ data: Buffer }>("google.bytestream.ByteStream", "Read", { resourceName });
      return Buffer.concat(parts.map(({ data }) => data));
    },

    close() {
      client.close();
    },
  };
}

function methodOf(name: string, method: string) {
  const definition = service(name)[method];
  if (definition === undefined) throw new Error(`${name} has no ${method}`);
  return definition;
}
