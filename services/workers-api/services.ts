/** Services: what wrangler asks before it deploys or deletes, and the deletion itself. */

import { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { WorkerVersion } from "../../api/workers/worker-version.ts";
import { namespaceOf } from "./accounts.ts";
import type { AccountCall, ScriptCall } from "./call.ts";
import { type Answer, paged } from "./envelope.ts";
import { apiError } from "./errors.ts";
import { presentScriptSummary } from "./present.ts";
import { assertChangeable, isDeployed, listScripts, nameOf, requireScript } from "./scripts.ts";
import { holdUntilRemoved } from "./wait.ts";

/** The version that should serve. */
export function headVersionName({ spec, status }: WorkerDeployment): string | undefined {
  return spec.deployments?.[0]?.versions[0]?.name ?? status?.serving?.[0]?.version;
}

/** The version that should serve, where the script still has it. */
async function readHead(
  { platform, account }: AccountCall,
  script: WorkerDeployment,
): Promise<WorkerVersion | undefined> {
  const name = headVersionName(script);
  return name === undefined ? undefined : platform.client.get(WorkerVersion, { namespace: namespaceOf(account), name });
}

/** GET services/{name}. */
export async function getService(call: ScriptCall): Promise<Answer> {
  const script = await requireScript(call, "serviceNotFound");
  const summary = presentScriptSummary(script, await readHead(call, script));
  const times = { created_on: script.metadata.creationTimestamp, modified_on: script.metadata.creationTimestamp };
  return {
    result: {
      id: call.script,
      ...times,
      usage_model: "standard",
      default_environment: { environment: "production", ...times, script: summary },
    },
  };
}

/** GET scripts. */
export async function getScripts(call: AccountCall): Promise<Answer> {
  const { page, info } = paged((await listScripts(call)).filter(isDeployed), call.query);
  return { result: page.map((script) => presentScriptSummary(script, undefined)), resultInfo: info };
}

const atOnce = 8;

/** Names of the other scripts that should serve with a binding to this one. */
async function incomingReferences(call: ScriptCall): Promise<string[]> {
  const others = (await listScripts(call)).filter((script) => nameOf(script) !== call.script);
  const names: string[] = [];
  for (let start = 0; start < others.length; start += atOnce) {
    const batch = others.slice(start, start + atOnce);
    const heads = await Promise.all(batch.map((script) => readHead(call, script)));
    names.push(
      ...heads.flatMap((head) => (head !== undefined && bindsTo(head, call.script) ? [head.spec.scripts] : [])),
    );
  }
  return names;
}

function bindsTo({ spec }: WorkerVersion, script: string): boolean {
  return spec.bindings?.some(({ type, service }) => type === "service" && service === script) ?? false;
}

/** GET references. */
export async function getReferences(call: ScriptCall): Promise<Answer> {
  await requireScript(call);
  const incoming = (await incomingReferences(call)).map((service) => ({
    service,
    environment: "production",
    name: service,
  }));
  return { result: { services: { incoming, outgoing: [] }, durable_objects: [], dispatch_outbounds: [] } };
}

/** DELETE services/{name}: versions and their Secrets follow by owner references. Answers when nothing serves it. */
export async function deleteService(call: ScriptCall): Promise<Answer> {
  const script = assertChangeable(await requireScript(call, "serviceNotFound"));
  if (call.query.get("force") !== "true") {
    const others = await incomingReferences(call);
    if (others.length > 0) throw apiError("stillReferenced", { script: call.script, others: others.join(", ") });
  }
  const { name, uid } = script.metadata;
  await call.platform.client.delete(
    WorkerDeployment,
    { namespace: namespaceOf(call.account), name },
    { uid, propagationPolicy: "Background", ignoreNotFound: true },
  );
  await holdUntilRemoved(call);
  return { result: null };
}

/** Lists that wrangler reads and that are always empty here. */
export function nothing(): Answer {
  const info = { page: 1, per_page: 100, count: 0, total_count: 0, total_pages: 0 };
  return { result: [], resultInfo: info };
}
