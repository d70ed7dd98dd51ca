/**
 * Starts a candidate alone, once, to see whether it can start: what the API answers an upload with, and how the builder
 * finds the culprit. The candidate is hostile: it gets no environment, little time and little memory.
 */

import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { WorkerCode } from "../api/workers/code.ts";
import { compatibilityDateProblem } from "./binary.ts";
import { CodeError, socketAddresses, workerdConfig } from "./config.ts";
import { authorMessage, WorkerdFailure } from "./failure.ts";
import { limitParallel, TooBusy } from "./parallel.ts";
import { placeholderSecrets } from "./secrets.ts";
import { startWorkerd } from "./workerd.ts";

export type Trial = { ok: true; startupTimeMs: number } | { ok: false; message: string };

export interface TrialOptions {
  /** Name of the candidate, so that its bindings to itself find it. */
  script?: string;
  /** Default 10,000. */
  timeoutMs?: number;
  /** Resident bytes of the whole process, of which workerd itself takes about 60 MB. Default 512 MiB. */
  memoryLimitBytes?: number;
  /** Default 128. */
  heapMegabytes?: number;
  /** Now, for the check of the compatibility date. */
  now?: Date;
  /** Longest wait for a turn, in milliseconds. Default: no limit. */
  waitMs?: number;
  /** Ends the trial, also while it waits for its turn. */
  signal?: AbortSignal;
}

const inTurn = limitParallel(2);
/** No word that a worker's own messages would hold: it is replaced in them. */
const socket = "candidate-4d1f9c";
const modulesFolder = "modules";

/**
 * Tries the code whose modules lie in `directory` (as `CodeModule.path` names them). At most two run at a time.
 * @throws WorkerdFailure `unavailable`, `busy` (no turn within `waitMs`) or `aborted`: none is the candidate's fault.
 */
export async function tryCode(directory: string, code: WorkerCode, options: TrialOptions = {}): Promise<Trial> {
  const dateProblem = compatibilityDateProblem(code.compatibilityDate, options.now ?? new Date());
  if (dateProblem !== undefined) return { ok: false, message: dateProblem };
  try {
    return await inTurn(() => tryInFolder(directory, code, options), options);
  } catch (error) {
    if (error instanceof TooBusy) throw new WorkerdFailure("busy", `the candidate was not tried: ${error.message}`);
    if (!options.signal?.aborted || error instanceof WorkerdFailure) throw error;
    throw new WorkerdFailure("aborted", "the trial was ended before its turn came");
  }
}

async function tryInFolder(directory: string, code: WorkerCode, options: TrialOptions): Promise<Trial> {
  const folder = await mkdtemp(join(tmpdir(), "octoplane-trial-"));
  try {
    await symlink(resolve(directory), join(folder, modulesFolder), "dir");
    return await start(folder, code, options);
  } catch (error) {
    return { ok: false, message: faultMessage(error, code) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function start(folder: string, code: WorkerCode, options: TrialOptions): Promise<Trial> {
  const { script = "worker", timeoutMs = 10_000, memoryLimitBytes = 512 * 2 ** 20, heapMegabytes = 128 } = options;
  const candidate = { script, directory: modulesFolder, code, envPrefix: "", socket };
  const config = join(folder, "config.capnp");
  await writeFile(config, workerdConfig({ workers: [candidate], v8Flags: [`--max-heap-size=${heapMegabytes}`] }));

  const workerd = await startWorkerd({
    config,
    sockets: socketAddresses([candidate], "127.0.0.1:0"),
    env: placeholderSecrets([candidate]),
    startTimeoutMs: timeoutMs,
    memoryLimitBytes,
    ...(options.signal && { signal: options.signal }),
  });
  await workerd.stop({ graceMs: 0 });
  return { ok: true, startupTimeMs: workerd.startupTimeMs };
}

/** The author's fault in words; everything else is thrown on. */
function faultMessage(error: unknown, code: WorkerCode): string {
  if (error instanceof CodeError) return error.message;
  if (!(error instanceof WorkerdFailure)) throw error;
  if (["unavailable", "busy", "aborted"].includes(error.kind)) throw error;
  return error.kind === "exit" ? authorMessage(error.message, socket, code.mainModule) : error.message;
}
