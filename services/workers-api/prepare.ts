/** Everything that can be wrong with an upload is found here, before anything is stored. */

import type { WorkerCode } from "../../api/workers/code.ts";
import type { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { tryCode } from "../../runtime/trial.ts";
import { type Bindings, resolveBindings } from "./bindings.ts";
import type { ScriptCall } from "./call.ts";
import { describeCode } from "./code.ts";
import { apiError } from "./errors.ts";
import { type Metadata, parseMetadata } from "./metadata.ts";
import { modulesOf } from "./modules.ts";
import { assertChangeable, assertRoomFor, findScript, isDeployed } from "./scripts.ts";
import { assertKeepable } from "./settings.ts";
import { assertTargets } from "./targets.ts";
import type { Upload } from "./upload.ts";
import type { VersionDraft } from "./version-store.ts";
import { type History, historyOf } from "./versions.ts";

export interface Prepared {
  metadata: Metadata;
  draft: VersionDraft;
  history: History;
}

/** Below what Kubernetes stores as one object: about 1.5 MB of JSON, 1 MiB of Secret. */
const largestRecord = 900_000;
const largestSecrets = 900_000;
/** For a trial, while those of other accounts run. */
const longestWaitMs = 30_000;

/**
 * @param script undefined for a script that is not there yet
 * @throws ApiError, 10021 with workerd's own message when the code does not start
 */
async function prepare(
  call: ScriptCall,
  script: WorkerDeployment | undefined,
  upload: Upload,
  isForDeployment: boolean,
): Promise<Prepared> {
  const metadata = parseMetadata(upload.field);
  assertKeepable(metadata, "metadata.");
  await assertTargets(call, metadata.bindings);
  const history = await historyOf(call, script);
  const bindings = resolveBindings(metadata.bindings, metadata.keep_bindings ?? [], history.bindings);
  const code = describeCode(metadata, modulesOf(upload.parts), bindings.bindings);
  assertStorable(code, bindings);

  const { limits, now } = call.platform;
  const options = { script: call.script, now: now(), waitMs: longestWaitMs, signal: call.gone };
  const trial = await limits.trial(call, () => tryCode(upload.directory, code, options));
  if (!trial.ok) throw apiError("scriptRejected", { message: trial.message });

  const draft: VersionDraft = {
    code,
    source: { directory: upload.directory },
    secrets: bindings.secrets,
    annotations: metadata.annotations ?? {},
    triggeredBy: "upload",
    isForDeployment,
    startupTimeMs: trial.startupTimeMs,
  };
  return { metadata, draft, history };
}

/** For an upload that may make the script. */
export async function prepareDeploy(call: ScriptCall, upload: Upload): Promise<Prepared> {
  const script = await findScript(call);
  if (script !== undefined) assertChangeable(script);
  if (script === undefined || !isDeployed(script)) await assertRoomFor(call);
  return prepare(call, script, upload, true);
}

/** For an upload to a script that is there. */
export function prepareVersion(call: ScriptCall, script: WorkerDeployment, upload: Upload): Promise<Prepared> {
  return prepare(call, assertChangeable(script), upload, false);
}

/** @throws ApiError when names and values together are more than one object can hold */
export function assertStorable(code: WorkerCode, { secrets }: Pick<Bindings, "secrets">): void {
  const record = JSON.stringify(code).length;
  if (record > largestRecord) {
    const problem = `the names of modules and the values of variables take ${record} characters; at most ${largestRecord} are allowed`;
    throw apiError("invalidUpload", { problem });
  }
  const values = [...secrets].reduce((sum, [name, value]) => sum + name.length + Buffer.byteLength(value), 0);
  if (values > largestSecrets) {
    throw apiError("invalidUpload", {
      problem: `the secrets take ${values} bytes; at most ${largestSecrets} are allowed`,
    });
  }
}
