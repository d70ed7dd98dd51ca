/** Deployments: which version serves, and what did before. */

import { Type } from "typebox";
import type { DeploymentEntry, WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import type { WorkerVersion } from "../../api/workers/worker-version.ts";
import type { ScriptCall } from "./call.ts";
import { commitDeployment } from "./commit.ts";
import type { Answer } from "./envelope.ts";
import { apiError } from "./errors.ts";
import { readJson } from "./json-body.ts";
import { annotations } from "./metadata.ts";
import { presentDeployment } from "./present.ts";
import { assertChangeable, requireScript } from "./scripts.ts";
import { changedSecrets, readSecrets, requireSecrets, requireVersion, sequenceOf } from "./versions.ts";
import { holdUntilServed } from "./wait.ts";

/** Newest first, as wrangler expects it. A script that kubectl manages has what its template made. */
export async function getDeployments(call: ScriptCall): Promise<Answer> {
  const script = await requireScript(call);
  return { result: { deployments: entriesOf(script).map(presentDeployment) } };
}

export async function getDeployment(call: ScriptCall): Promise<Answer> {
  const script = await requireScript(call);
  const { deployment = "" } = call.params;
  const entry = entriesOf(script).find(({ id }) => id === deployment);
  if (entry === undefined)
    throw apiError("deploymentNotFound", { deployment: JSON.stringify(deployment), script: call.script });
  return { result: presentDeployment(entry) };
}

function entriesOf({ spec, status, metadata }: WorkerDeployment): DeploymentEntry[] {
  const made = status?.serving?.[0]?.version;
  if (spec.template === undefined || made === undefined) return spec.deployments ?? [];
  const createdOn = metadata.creationTimestamp ?? "1970-01-01T00:00:00Z";
  return [{ id: made, createdOn, source: "kubectl", versions: [{ name: made, percentage: 100 }] }];
}

const request = Type.Object(
  {
    strategy: Type.Optional(Type.Literal("percentage")),
    versions: Type.Array(Type.Object({ version_id: Type.String({ maxLength: 64 }), percentage: Type.Number() }), {
      minItems: 1,
    }),
    annotations: Type.Optional(annotations),
    // How Durable Objects move to new code; there are none.
    code_update_strategy: Type.Optional(Type.Unknown()),
  },
  { additionalProperties: false },
);

/** POST deployments: deploys a version that is there, and answers when it serves. */
export async function postDeployment(call: ScriptCall): Promise<Answer> {
  const script = assertChangeable(await requireScript(call));
  const { versions, annotations: notes } = await readJson(call, request);
  const version = await requireVersion(call, script, wholeVersion(versions));
  const values = await requireSecrets(call, version);
  const isBack = await isRollback(call, script, version, values);

  const { entry, script: deployed } = await commitDeployment(call, script, {
    version,
    triggeredBy: isBack ? "rollback" : (uploadOf(version) ?? "promotion"),
    message: notes?.["workers/message"],
  });
  const wanted = { script: deployed, deployment: entry.id, version: version.metadata.name };
  const messages = await holdUntilServed(call, wanted);
  return { result: presentDeployment(entry), messages };
}

/** Traffic is never split: every entry has one version. */
function wholeVersion(versions: readonly { version_id: string; percentage: number }[]): string {
  const [only] = versions;
  if (only === undefined || versions.length > 1) {
    throw apiError("unsupported", {
      field: "versions",
      what: `splitting requests between ${versions.length} versions is`,
    });
  }
  if (only.percentage !== 100) {
    throw apiError("invalidRequest", { problem: `versions[0].percentage must be 100, not ${only.percentage}` });
  }
  return only.version_id;
}

/**
 * Whether an older version comes back.
 * @throws ApiError `secretsChanged` when its secrets have other values than those that serve; `?force=true` is the
 * client's confirmation
 */
async function isRollback(
  call: ScriptCall,
  script: WorkerDeployment,
  target: WorkerVersion,
  values: ReadonlyMap<string, string>,
): Promise<boolean> {
  const served = script.spec.deployments?.[0]?.versions[0]?.name;
  if (served === undefined || served === target.metadata.name) return false;
  const current = await requireVersion(call, script, served).catch(() => undefined);
  if (current === undefined || sequenceOf(target) >= sequenceOf(current)) return false;
  if (call.query.get("force") === "true") return true;
  const changed = changedSecrets((await readSecrets(call, current)) ?? new Map(), values);
  if (changed.length > 0) throw apiError("secretsChanged", { names: changed.join(", ") });
  return true;
}

/** wrangler deploys a new upload in two requests; the second one still is that upload. */
function uploadOf({ spec }: WorkerVersion): "upload" | undefined {
  return spec.triggeredBy === "upload" ? "upload" : undefined;
}
