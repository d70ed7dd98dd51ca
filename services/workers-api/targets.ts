/** Targets of service bindings: as on Cloudflare, a Worker can only be bound to one that is there, or to itself. */

import type { SentBinding } from "./bindings.ts";
import type { ScriptCall } from "./call.ts";
import { apiError } from "./errors.ts";
import { isDeployed, listScripts, nameOf } from "./scripts.ts";

/**
 * Only what a client sends is looked at: bindings that are kept may have lost their target since, which must not stop
 * a deploy; at run time they answer 503. @throws ApiError `serviceBindingNotFound` for the first one without a target
 */
export async function assertTargets(call: ScriptCall, sent: readonly SentBinding[]): Promise<void> {
  const others = sent.filter((binding) => binding.type === "service").filter(({ service }) => service !== call.script);
  if (others.length === 0) return;
  const known = new Set((await listScripts(call)).filter(isDeployed).map(nameOf));
  const missing = others.find(({ service }) => !known.has(service));
  if (missing !== undefined) {
    throw apiError("serviceBindingNotFound", { name: missing.name, service: missing.service });
  }
}
