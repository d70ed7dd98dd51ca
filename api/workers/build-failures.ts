/**
 * How a build Job says why it failed. A hook sees nothing of a Job but its exit code (podFailurePolicy writes it into
 * the Job's condition), so the builder's exit codes are a contract, and this table is the whole of it.
 */

import { maxScripts } from "./fields.ts";

/** Failures that no worker is to blame for; all may heal, so all are tried again. */
export const infrastructureFailures = {
  badInput: { code: 10, reason: "BadInput", message: "the build was given contradictory instructions" },
  blobMissing: { code: 11, reason: "BlobMissing", message: "code is not in the blob store" },
  blobStoreUnreachable: { code: 12, reason: "BlobStoreUnreachable", message: "the blob store cannot be reached" },
  blobStoreDenied: { code: 13, reason: "BlobStoreDenied", message: "the blob store refuses the builder's credentials" },
  digestMismatch: { code: 14, reason: "DigestMismatch", message: "code in the blob store is not what was uploaded" },
  imageStoreUnreachable: { code: 15, reason: "ImageStoreUnreachable", message: "the image store cannot be reached" },
  imageStoreUnwritable: {
    code: 16,
    reason: "ImageStoreUnwritable",
    message: "the image store does not take the image",
  },
  registryDenied: { code: 17, reason: "RegistryDenied", message: "the registry refuses the builder's credentials" },
  baseImageMissing: { code: 18, reason: "BaseImageMissing", message: "the runtime's base image cannot be found" },
  runtimeFailed: { code: 19, reason: "RuntimeFailed", message: "the runtime failed, though every worker starts alone" },
  interrupted: { code: 20, reason: "Interrupted", message: "the build was stopped before it was done" },
  timeout: { code: 21, reason: "BuildTimeout", message: "the build took longer than it may" },
} as const;

export type InfrastructureFailure = keyof typeof infrastructureFailures;

/** A build failure as its exit code tells it. Only a worker's fault is final: everything else may be tried again. */
export type BuildFailure =
  | { class: "infrastructure"; reason: string; message: string }
  /** `worker` is the index in the build's sorted list of workers. */
  | { class: "worker"; reason: "WorkerFault"; message: string; worker: number }
  | { class: "unknown"; reason: "BuilderFailed"; message: string };

/** Codes from 125 to 159 belong to shells, container runtimes and signals (137 is what an out-of-memory kill leaves). */
const reservedFrom = 125;
const reservedTo = 159;
const firstWorkerCode = 100;

/** The exit code that blames the worker with this index: 100 + index, past the reserved codes. */
export function workerFaultCode(index: number): number {
  const code = firstWorkerCode + index;
  return code < reservedFrom ? code : code + (reservedTo - reservedFrom + 1);
}

/** Every exit code that blames a worker, in the order of the workers: what podFailurePolicy fails a Job on at once. */
export const workerFaultCodes: readonly number[] = Array.from({ length: maxScripts }, (_, index) =>
  workerFaultCode(index),
);

/** Every exit code of an infrastructure failure. */
export const infrastructureCodes: readonly number[] = Object.values(infrastructureFailures).map(({ code }) => code);

/** What a build Job's exit code means; total, so that codes of signals and of bugs have an answer too. */
export function buildFailure(exitCode: number): BuildFailure {
  const worker = workerFaultCodes.indexOf(exitCode);
  if (worker >= 0) return { class: "worker", reason: "WorkerFault", message: "the worker's code cannot start", worker };

  const known = Object.values(infrastructureFailures).find(({ code }) => code === exitCode);
  if (known) return { class: "infrastructure", reason: known.reason, message: known.message };
  return { class: "unknown", reason: "BuilderFailed", message: `the builder ended with exit code ${exitCode}` };
}
