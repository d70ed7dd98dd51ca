/** Starts the runtime once on code that has not proved itself yet, and finds out who is at fault when it does not start. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { socketName } from "../../api/workers/names.ts";
import {
  CodeError,
  type ConfiguredWorker,
  type EntrypointReference,
  missingEntrypointsIn,
  scriptOfService,
  socketAddresses,
  workerdConfig,
} from "../../runtime/config.ts";
import { WorkerdFailure } from "../../runtime/failure.ts";
import { placeholderSecrets } from "../../runtime/secrets.ts";
import { tryCode } from "../../runtime/trial.ts";
import { startWorkerd } from "../../runtime/workerd.ts";
import { codeFolder } from "../../stores/worker-image.ts";
import { infrastructure, workerFault } from "./failure.ts";
import type { BuildLimits } from "./input.ts";
import type { Source } from "./source.ts";

export interface CheckOptions {
  /** An empty folder for the code. */
  folder: string;
  limits: BuildLimits;
  signal: AbortSignal;
}

export function configured({ script, envPrefix, codeDigest, code }: Source): ConfiguredWorker {
  return { script, directory: codeFolder(codeDigest), code, envPrefix, socket: socketName(script) };
}

/**
 * Who has to start together: new code, and everybody with a part in a binding to a named entrypoint, since that fails
 * at the start when the target no longer exports it.
 */
export function toCheck(sources: Source[], isNew: (source: Source) => boolean): Source[] {
  const linked = new Set(sources.flatMap(({ script, code }) => linkedBy(script, code.bindings)));
  return sources.filter((source) => isNew(source) || linked.has(source.script));
}

function linkedBy(script: string, bindings: Source["code"]["bindings"]): string[] {
  return bindings.flatMap((binding) =>
    binding.type === "service" && binding.entrypoint !== undefined ? [script, binding.service] : [],
  );
}

/**
 * @returns the entrypoints that bindings name and no worker exports: they must become dead ends
 * @throws BuildFailed naming the worker at fault
 */
export async function checkStart(sources: Source[], options: CheckOptions): Promise<EntrypointReference[]> {
  if (sources.length === 0) return [];
  await Promise.all(sources.map((source) => writeModules(source, options.folder)));
  const workers = sources.map(configured);
  const missing: EntrypointReference[] = [];
  for (;;) {
    const failure = await start(workers, missing, options);
    if (!failure) return missing;
    const found = missingEntrypointsIn(failure.message, workers);
    if (found.length === 0 || isKnown(found, missing)) throw await blame(failure, sources, workers, options);
    missing.push(...found);
  }
}

function isKnown(found: EntrypointReference[], known: EntrypointReference[]): boolean {
  return found.every(({ script, entrypoint }) =>
    known.some((other) => other.script === script && other.entrypoint === entrypoint),
  );
}

async function writeModules({ codeDigest, load }: Source, folder: string): Promise<void> {
  const own = join(folder, codeFolder(codeDigest));
  await mkdir(own, { recursive: true });
  for (const { path, bytes } of await load()) await writeFile(join(own, path), bytes);
}

/** The failure that workers may be to blame for; any other is thrown. */
async function start(
  workers: ConfiguredWorker[],
  missingEntrypoints: EntrypointReference[],
  { folder, limits, signal }: CheckOptions,
): Promise<WorkerdFailure | undefined> {
  const config = join(folder, "config.capnp");
  try {
    await writeFile(config, workerdConfig({ workers, missingEntrypoints }));
    const sockets = socketAddresses(workers, "127.0.0.1:0");
    const env = placeholderSecrets(workers);
    const bounds = { startTimeoutMs: limits.startMs, memoryLimitBytes: limits.memoryBytes, signal };
    const workerd = await startWorkerd({ config, sockets, env, ...bounds });
    await workerd.stop({ graceMs: 0 });
    return undefined;
  } catch (error) {
    if (error instanceof CodeError) return new WorkerdFailure("exit", error.message, socketName(error.script));
    return blamable(error);
  }
}

function blamable(error: unknown): WorkerdFailure {
  if (!(error instanceof WorkerdFailure)) throw error;
  if (error.kind === "unavailable") throw infrastructure("runtimeFailed", error.message, error);
  if (error.kind === "aborted") throw error;
  return error;
}

/** Whoever the runtime complains about first, then all the others: guilty is who cannot start alone either. */
async function blame(
  failure: WorkerdFailure,
  sources: Source[],
  workers: ConfiguredWorker[],
  { folder, limits, signal }: CheckOptions,
): Promise<Error> {
  const named = failure.service === undefined ? undefined : scriptOfService(failure.service, workers);
  const suspects = sources.toSorted((a, b) => Number(b.script === named) - Number(a.script === named));
  const bounds = { timeoutMs: limits.startMs, memoryLimitBytes: limits.memoryBytes, signal };
  for (const { index, script, code, codeDigest } of suspects) {
    const trial = await tryCode(join(folder, codeFolder(codeDigest)), code, { script, ...bounds });
    if (!trial.ok) return workerFault(index, script, trial.message);
  }
  return infrastructure("runtimeFailed", failure.message.slice(0, 2000), failure);
}
