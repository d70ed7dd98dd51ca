/**
 * How a build Job says why it failed. A hook sees nothing of a Job but its exit code (podFailurePolicy writes it into
 * the Job's condition), so the builder's exit codes are a contract, and this table is the whole of it.
 */

/** Failures that no worker is to blame for; all may heal, so all are tried again. */
export const infrastructureFailures = {
  badInput: { code: 10, reason: "BadInput", summary: "the build was given contradictory instructions" },
  blobMissing: { code: 11, reason: "BlobMissing", summary: "code is not in the blob store" },
  blobStoreUnreachable: { code: 12, reason: "BlobStoreUnreachable", summary: "the blob store cannot be reached" },
  blobStoreDenied: { code: 13, reason: "BlobStoreDenied", summary: "the blob store refuses the builder's credentials" },
  digestMismatch: { code: 14, reason: "DigestMismatch", summary: "code in the blob store is not what was uploaded" },
  imageStoreUnreachable: { code: 15, reason: "ImageStoreUnreachable", summary: "the image store cannot be reached" },
  imageStoreUnwritable: {
    code: 16,
    reason: "ImageStoreUnwritable",
    summary: "the image store does not take the image",
  },
  imageStoreDenied: {
    code: 17,
    reason: "ImageStoreDenied",
    summary: "the image store refuses the builder's credentials",
  },
  baseImageMissing: { code: 18, reason: "BaseImageMissing", summary: "the runtime's base image cannot be found" },
  runtimeFailed: { code: 19, reason: "RuntimeFailed", summary: "the runtime failed, though every worker starts alone" },
  interrupted: { code: 20, reason: "Interrupted", summary: "the build was stopped before it was done" },
  timeout: { code: 21, reason: "BuildTimeout", summary: "the build took longer than it may" },
} as const;

export type InfrastructureFailure = keyof typeof infrastructureFailures;

/** A build failure as its exit code tells it. Only a worker's fault is final: everything else may be tried again. */
export interface BuildFailure {
  class: "infrastructure" | "worker";
  /** Reason of a condition. */
  reason: string;
  /** For people; the report has the details. */
  summary: string;
  /** Index of the guilty worker in the build's sorted list; set with class `worker`. */
  worker?: number;
}

/** Codes from 125 to 159 belong to shells, container runtimes and signals (137 is what an out-of-memory kill leaves). */
const reservedFrom = 125;
const reservedTo = 159;
const firstWorkerCode = 100;
/** The same as `maxScripts`; importing that would load the schema library into every build. */
const workers = 100;

/** The exit code that blames the worker with this index: 100 + index, past the reserved codes. */
export function workerFaultCode(index: number): number {
  const code = firstWorkerCode + index;
  return code < reservedFrom ? code : code + (reservedTo - reservedFrom + 1);
}

/** Every exit code that blames a worker, in the order of the workers: what podFailurePolicy fails a Job on at once. */
export const workerFaultCodes: readonly number[] = Array.from({ length: workers }, (_, index) =>
  workerFaultCode(index),
);

/** Every exit code of an infrastructure failure. */
export const infrastructureCodes: readonly number[] = Object.values(infrastructureFailures).map(({ code }) => code);

/** What a build Job's exit code means; total, so that codes of signals and of bugs have an answer too. */
export function buildFailure(exitCode: number): BuildFailure {
  const worker = workerFaultCodes.indexOf(exitCode);
  if (worker >= 0) return { class: "worker", reason: "WorkerFault", summary: "the worker's code cannot start", worker };

  const known = Object.values(infrastructureFailures).find(({ code }) => code === exitCode);
  const { reason, summary } = known ?? {
    reason: "BuilderFailed",
    summary: `the builder ended with exit code ${exitCode}`,
  };
  return { class: "infrastructure", reason, summary };
}
