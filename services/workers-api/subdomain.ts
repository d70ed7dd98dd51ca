/** Public addresses: the account's subdomain, and whether a script has a host below it. */

import { Type } from "typebox";
import { hostOf, subdomainOf, urlOf } from "../../api/workers/address.ts";
import type { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import type { AccountCall, ScriptCall } from "./call.ts";
import type { Answer } from "./envelope.ts";
import { apiError } from "./errors.ts";
import { readJson } from "./json-body.ts";
import { assertChangeable, changeScript, requireScript } from "./scripts.ts";
import { holdUntilServed, scriptStatus } from "./wait.ts";

export function getAccountSubdomain({ account }: AccountCall): Answer {
  return { result: { subdomain: subdomainOf(account) } };
}

/** An administrator decides; asking for what is there is fine. */
export async function putAccountSubdomain(call: AccountCall): Promise<Answer> {
  const { subdomain } = await readJson(call, Type.Object({ subdomain: Type.String({ maxLength: 63 }) }));
  const held = subdomainOf(call.account);
  if (subdomain !== held) throw apiError("subdomainFixed", { account: call.account.metadata.name, subdomain: held });
  return { result: { subdomain: held } };
}

function isPublic({ spec }: WorkerDeployment): boolean {
  return spec.workersDev ?? true;
}

/** No version has an address of its own here, so previews are never on. */
function presentSubdomain(deployment: WorkerDeployment) {
  return { enabled: isPublic(deployment), previews_enabled: false };
}

export async function getScriptSubdomain(call: ScriptCall): Promise<Answer> {
  return { result: presentSubdomain(await requireScript(call)) };
}

/** Where the script answers: what its account says or, before it says it, what it will say. */
function addressOf(call: ScriptCall): string {
  const known = scriptStatus(call, call.script)?.url;
  if (known !== undefined) return known;
  return urlOf(hostOf(call.account, call.script, call.platform.addresses), call.platform.addresses);
}

/** GET workers/{name}: wrangler from 4.138 on prints the host of this URL. */
export async function getWorker(call: ScriptCall): Promise<Answer> {
  const script = await requireScript(call);
  return {
    result: {
      id: script.metadata.uid,
      name: call.script,
      created_on: script.metadata.creationTimestamp,
      tags: script.spec.tags ?? [],
      subdomain: { ...presentSubdomain(script), url: addressOf(call) },
    },
  };
}

const request = Type.Object({
  enabled: Type.Boolean(),
  previews_enabled: Type.Optional(Type.Union([Type.Null(), Type.Boolean()])),
});

/** POST subdomain: what makes a script public answers when it is. */
export async function postScriptSubdomain(call: ScriptCall): Promise<Answer> {
  const script = assertChangeable(await requireScript(call));
  const { enabled } = await readJson(call, request);
  const changed = await changeScript(call, script, (current) =>
    isPublic(current) === enabled ? undefined : { spec: { workersDev: enabled } },
  );
  const head = changed.spec.deployments?.[0];
  const version = head?.versions[0]?.name;
  if (!enabled || isPublic(script) || head === undefined || version === undefined) {
    return { result: presentSubdomain(changed) };
  }
  const messages = await holdUntilServed(call, { script: changed, deployment: head.id, version, withAddress: true });
  return { result: presentSubdomain(changed), messages };
}
