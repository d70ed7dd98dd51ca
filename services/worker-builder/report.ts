/** What a build leaves behind for the API and the CLI to show. */

import type { BuiltLayer } from "./build.ts";
import type { FailureReport } from "./failure.ts";

export interface BuildReport {
  /** The image as it was asked for. */
  image: string;
  /** Digest of its manifest; absent when the build failed. */
  digest?: string;
  failure?: FailureReport;
  layers: BuiltLayer[];
  /** Milliseconds by step. */
  durations: Record<string, number>;
}
