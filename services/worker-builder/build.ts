/** Builds the image of an account's workers: reads, checks and pushes only what no earlier build has done. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { limitParallel } from "../../runtime/parallel.ts";
import type { LayerRecord } from "../../stores/worker-image.ts";
import { baseImage } from "./base.ts";
import { checkStart, toCheck } from "./check.ts";
import { pushImage } from "./image.ts";
import type { BuildInput } from "./input.ts";
import { pushedLayer, rememberedLayer, rememberLayer } from "./layers.ts";
import { readSource } from "./read-source.ts";
import type { Source } from "./source.ts";
import type { Stopwatch } from "./stopwatch.ts";
import type { Stores } from "./stores.ts";

export interface BuiltLayer extends LayerRecord {
  scripts: string[];
  /** Whether this build made it. */
  isNew: boolean;
}

export interface Built {
  digest: string;
  layers: BuiltLayer[];
}

/** All scripts with the same code, which need one layer. */
interface Code {
  source: Source;
  scripts: string[];
  /** Made by an earlier build. */
  remembered: LayerRecord | undefined;
}

const parallelRequests = 16;

/** @throws BuildFailed */
export async function build(input: BuildInput, stores: Stores, clock: Stopwatch, signal: AbortSignal): Promise<Built> {
  const base = heldBack(baseImage(input, stores, signal));
  const sources = await clock.time("read", readSources(input, stores));
  const codes = await clock.time("remember", codesOf(sources, input, stores));
  const isNew = (source: Source) =>
    codes.some(({ scripts, remembered }) => remembered === undefined && scripts.includes(source.script));

  // Whatever fails first: the runtime and its folder must be gone before the process is.
  const halt = new AbortController();
  const checking = clock.time("check", check(toCheck(sources, isNew), input, AbortSignal.any([signal, halt.signal])));
  const layering = clock.time(
    "layers",
    inParallel(codes, ({ source, remembered }) => remembered ?? pushedLayer(source, stores)),
  );
  const [missingEntrypoints, layers] = await Promise.all([checking, layering]).finally(() => {
    halt.abort();
    return Promise.allSettled([checking]);
  });
  const push = pushImage(input, await base, sources, layers, missingEntrypoints, stores);
  const digest = await clock.time("push", push);

  const built = codes.map(({ source, scripts, remembered }, index) => {
    const layer = layers[index] as LayerRecord;
    return { source, layer, scripts, isNew: remembered === undefined };
  });
  const fresh = built.filter(({ isNew }) => isNew);
  await inParallel(fresh, ({ source, layer }) => rememberLayer(source, layer, input, stores));
  return { digest, layers: built.map(({ layer, scripts, isNew }) => ({ ...layer, scripts, isNew })) };
}

/** A promise that is awaited later; until then its failure is nobody's. */
function heldBack<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/** Sorted by script, so that the same workers give the same image. */
async function readSources(input: BuildInput, stores: Stores): Promise<Source[]> {
  const sources = await inParallel(input.workers, (worker, index) => readSource(worker, index, input, stores));
  return sources.sort((a, b) => (a.script < b.script ? -1 : 1));
}

function codesOf(sources: Source[], input: BuildInput, stores: Stores): Promise<Code[]> {
  const byDigest = Map.groupBy(sources, ({ codeDigest }) => codeDigest);
  return inParallel([...byDigest.values()], async (same) => {
    const source = same[0] as Source;
    const remembered = await rememberedLayer(source, input, stores);
    return { source, scripts: same.map(({ script }) => script), remembered };
  });
}

async function check(sources: Source[], { limits }: BuildInput, signal: AbortSignal) {
  const folder = await mkdtemp(join(tmpdir(), "octoplane-build-"));
  try {
    return await checkStart(sources, { folder, limits, signal });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function inParallel<T, R>(items: T[], work: (item: T, index: number) => Promise<R> | R): Promise<R[]> {
  const inTurn = limitParallel(parallelRequests);
  return Promise.all(items.map((item, index) => inTurn(async () => work(item, index))));
}
