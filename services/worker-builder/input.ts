/** What the build Job is told: by its environment, and by the file of workers that it names. */

import { readFile } from "node:fs/promises";
import { infrastructure } from "./failure.ts";

/** One worker of the image, as the JobBuilder's hook describes it. */
export interface WorkerInput {
  script: string;
  /** Blob prefix of the code: a key, or a URL in the blob store. */
  url?: string;
  /** Hex SHA-256 of the code's description, where it has one. */
  digest?: string;
  envPrefix: string;
  mainModule?: string;
  compatibilityDate?: string;
  /** Files of a code that has no description. */
  scriptsUrls?: string[];
  /** Secret bindings of a code that has no description. */
  secretNames?: string[];
}

export interface BuildInput {
  account: string;
  /** URLs of the stores. */
  blobStore: string;
  imageStore: string;
  /** `prefix/account:tag`. */
  targetImage: string;
  tag: string;
  runtimeBase: string;
  /** The runtime's image, where the image store is a registry; elsewhere `runtimeBase` is only a name. */
  base?: BaseReference;
  workers: WorkerInput[];
  /** Blob key of the report. */
  report?: string;
  limits: BuildLimits;
}

/** An image in a registry. */
export interface BaseReference {
  host: string;
  path: string;
  /** Tag or digest. */
  reference: string;
}

export interface BuildLimits {
  /** Milliseconds for the whole build. */
  buildMs: number;
  /** Milliseconds for one start of the runtime. */
  startMs: number;
  /** Resident bytes of the runtime while it starts. */
  memoryBytes: number;
  /** Milliseconds for which a store that cannot be reached is tried again. */
  retryMs: number;
}

const scriptPattern = /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;
const accountPattern = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** @throws BuildFailed BadInput */
export async function inputFrom(env: NodeJS.ProcessEnv): Promise<BuildInput> {
  const account = required(env, "ACCOUNT");
  if (!accountPattern.test(account)) throw bad(`ACCOUNT must be an account id, not ${JSON.stringify(account)}`);
  const targetImage = required(env, "TARGET_IMAGE");
  const imageStore = required(env, "IMAGE_STORE");
  const runtimeBase = required(env, "RUNTIME_BASE");
  return {
    account,
    blobStore: required(env, "BLOB_STORE"),
    imageStore,
    targetImage,
    tag: tagOf(targetImage, account),
    runtimeBase,
    ...(imageStore.startsWith("registry://") && { base: baseFrom(runtimeBase) }),
    workers: await workersIn(required(env, "WORKERS_FILE")),
    ...(env.REPORT && { report: env.REPORT }),
    limits: {
      buildMs: 1000 * amount(env, "BUILD_TIMEOUT_SECONDS", 300),
      startMs: 1000 * amount(env, "START_TIMEOUT_SECONDS", 10),
      memoryBytes: 2 ** 20 * amount(env, "MEMORY_LIMIT_MIB", 512),
      retryMs: 1000 * amount(env, "RETRY_SECONDS", 5),
    },
  };
}

function bad(detail: string) {
  return infrastructure("badInput", detail);
}

function required(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name];
  if (value === undefined || value === "") throw bad(`${name} is not set`);
  return value;
}

function amount(env: NodeJS.ProcessEnv, name: string, otherwise: number): number {
  const value = Number(env[name] ?? otherwise);
  if (Number.isFinite(value) && value > 0) return value;
  throw bad(`${name} must be a number above 0, not ${JSON.stringify(env[name])}`);
}

/** The repository of an image is that of its account, whatever the prefix. */
function tagOf(image: string, account: string): string {
  const [, repository, tag] = /([^/:]+):([\w][\w.-]{0,127})$/.exec(image) ?? [];
  if (tag !== undefined && repository === account) return tag;
  throw bad(`TARGET_IMAGE must end with /${account}:TAG, not ${JSON.stringify(image)}`);
}

const hostPattern = /^([a-z0-9.-]*[.:][a-z0-9.:-]*|localhost|\[[0-9a-f:]+\](:\d+)?)$/;

/** `HOST/PATH:TAG` or `HOST/PATH@DIGEST`; a name without a host would mean something else to every tool. */
function baseFrom(image: string): BaseReference {
  const [, host = "", path = "", tag = "latest", digest] =
    /^([^/]+)\/([^:@]+)(?::([\w.-]+))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(image) ?? [];
  if (hostPattern.test(host)) return { host, path, reference: digest ?? tag };
  throw bad(`RUNTIME_BASE must be HOST/PATH:TAG or HOST/PATH@DIGEST, not ${JSON.stringify(image)}`);
}

async function workersIn(path: string): Promise<WorkerInput[]> {
  const workers = parsed(await readText(path));
  if (!Array.isArray(workers)) throw bad("WORKERS_FILE must hold a JSON list");
  for (const worker of workers) checkWorker(worker);
  const names = workers.map(({ script }) => script);
  if (new Set(names).size < names.length) throw bad("WORKERS_FILE names a script twice");
  return workers;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw bad(`WORKERS_FILE cannot be read: ${(error as Error).message}`);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw bad("WORKERS_FILE must hold JSON");
  }
}

function checkWorker(worker: Partial<WorkerInput> | null): void {
  const script = worker?.script;
  if (typeof script !== "string" || !scriptPattern.test(script)) {
    throw bad(`WORKERS_FILE: ${JSON.stringify(script)} is no script name`);
  }
  if (typeof worker?.envPrefix !== "string") throw bad(`WORKERS_FILE: ${script} has no envPrefix`);
  if (worker.url === undefined && worker.scriptsUrls === undefined) throw bad(`WORKERS_FILE: ${script} has no url`);
}
