/** One run of the builder: from its environment to a report and an exit code. */

import { setTimeout as wait } from "node:timers/promises";
import { openBlobStore } from "../../stores/blob.ts";
import { openImageStore } from "../../stores/image.ts";
import { type Built, build } from "./build.ts";
import { blobFailure, failureReport, imageFailure, infrastructure } from "./failure.ts";
import { type BuildInput, inputFrom } from "./input.ts";
import type { BuildReport } from "./report.ts";
import { type Stopwatch, stopwatch } from "./stopwatch.ts";
import { patient } from "./stores.ts";

const reportTimeoutMs = 5_000;
/** What an interrupted build gets to remove its folders, on a machine that has other things to do, too. */
const cleanUpMs = 5_000;

/** Never throws: every failure is in the report. @param interrupted aborts when the process is asked to end */
export async function run(env: NodeJS.ProcessEnv, interrupted: AbortSignal): Promise<BuildReport> {
  const clock = stopwatch();
  const report = await attempt(env, clock, interrupted);
  await leave(report, env).catch((error: Error) => warn(`the report cannot be written: ${error.message}`));
  return report;
}

export function exitCode({ failure }: BuildReport): number {
  return failure?.code ?? 0;
}

async function attempt(env: NodeJS.ProcessEnv, clock: Stopwatch, interrupted: AbortSignal): Promise<BuildReport> {
  const image = env.TARGET_IMAGE ?? "";
  try {
    const input = await inputFrom(env);
    const built = await bounded(input, interrupted, (signal) => buildWith(input, env, clock, signal));
    return { image, ...built, durations: clock.durations() };
  } catch (error) {
    const failure = failureReport(error);
    if (failure.reason === "BuilderFailed") warn(error instanceof Error ? (error.stack ?? error.message) : `${error}`);
    return { image, failure, layers: [], durations: clock.durations() };
  }
}

async function buildWith(
  input: BuildInput,
  env: NodeJS.ProcessEnv,
  clock: Stopwatch,
  signal: AbortSignal,
): Promise<Built> {
  const [blobs, images] = await Promise.all([
    openBlobStore(input.blobStore, env).catch((error) => Promise.reject(blobFailure(error))),
    openImageStore(input.imageStore, input.account).catch((error) => Promise.reject(imageFailure(error))),
  ]);
  return build(input, patient(blobs, images, { signal, forMs: input.limits.retryMs }), clock, signal);
}

/** Gives up at the time limit or when interrupted, whatever the work is waiting for. */
async function bounded<T>(
  { limits }: BuildInput,
  interrupted: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const given = Promise.withResolvers<never>();
  const giveUp = (reason: Error) => {
    given.reject(reason);
    controller.abort(reason);
  };
  const interrupt = () => giveUp(infrastructure("interrupted", "the process was asked to end"));
  const seconds = limits.buildMs / 1000;
  const timer = setTimeout(() => giveUp(infrastructure("timeout", `more than ${seconds} s`)), limits.buildMs);
  interrupted.addEventListener("abort", interrupt, { once: true });
  if (interrupted.aborted) interrupt();
  const working = work(controller.signal);
  try {
    return await Promise.race([given.promise, working]);
  } finally {
    clearTimeout(timer);
    interrupted.removeEventListener("abort", interrupt);
    await Promise.race([working.catch(() => undefined), wait(cleanUpMs, undefined, { ref: false })]);
  }
}

async function leave(report: BuildReport, env: NodeJS.ProcessEnv): Promise<void> {
  if (!env.REPORT || !env.BLOB_STORE) return;
  const store = await openBlobStore(env.BLOB_STORE, env);
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(() => timeout.reject(new Error("the blob store does not answer")), reportTimeoutMs);
  await Promise.race([store.put(env.REPORT, JSON.stringify(report)), timeout.promise]);
  clearTimeout(timer);
}

function warn(message: string): void {
  process.stderr.write(`${JSON.stringify({ level: "error", message })}\n`);
}
