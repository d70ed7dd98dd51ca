/** How a build fails: by the fault of one worker, or because of something around it. */

import {
  type InfrastructureFailure,
  infrastructureFailures,
  workerFaultCode,
} from "../../api/workers/build-failures.ts";
import { StoreError, type StoreFailure } from "../../stores/error.ts";

export interface FailureReport {
  code: number;
  reason: string;
  /** The script at fault. */
  script?: string;
  message: string;
}

export class BuildFailed extends Error {
  readonly report: FailureReport;
  constructor(report: FailureReport, options?: ErrorOptions) {
    super(report.message, options);
    this.name = "BuildFailed";
    this.report = report;
  }
}

/** @param detail what exactly is wrong, for people */
export function infrastructure(failure: InfrastructureFailure, detail: string, cause?: unknown): BuildFailed {
  const { code, reason, summary } = infrastructureFailures[failure];
  return new BuildFailed({ code, reason, message: `${summary}: ${detail}` }, { cause });
}

/** @param index of the worker in the build's input */
export function workerFault(index: number, script: string, message: string): BuildFailed {
  return new BuildFailed({ code: workerFaultCode(index), reason: "WorkerFault", script, message });
}

const bug = 1;

/** Any error as a report; one that nobody foresaw is a bug, and its stack goes to the log only. */
export function failureReport(error: unknown): FailureReport {
  if (error instanceof BuildFailed) return error.report;
  const message = error instanceof Error ? error.message : String(error);
  return { code: bug, reason: "BuilderFailed", message };
}

const ofBlobStore: Partial<Record<StoreFailure, InfrastructureFailure>> = {
  denied: "blobStoreDenied",
  missing: "blobMissing",
  invalid: "badInput",
};
const ofImageStore: Partial<Record<StoreFailure, InfrastructureFailure>> = {
  denied: "imageStoreDenied",
  unreachable: "imageStoreUnreachable",
};

export function blobFailure(error: unknown): unknown {
  if (!(error instanceof StoreError)) return error;
  return infrastructure(ofBlobStore[error.kind] ?? "blobStoreUnreachable", error.message, error);
}

export function imageFailure(error: unknown): unknown {
  if (!(error instanceof StoreError)) return error;
  return infrastructure(ofImageStore[error.kind] ?? "imageStoreUnwritable", error.message, error);
}
