/** Accounts exist only in namespaces that an administrator has allowed to hold them. */

import { Namespace } from "../api/builtin.ts";
import { namespaceLabel } from "../api/workers/fields.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { isForbidden } from "./forbidden.ts";
import { kubectlFlags } from "./target/flags.ts";
import type { Target } from "./target/target.ts";

function isEnabled({ metadata }: Namespace): boolean {
  return metadata.labels?.[namespaceLabel] === "enabled";
}

/** @throws Error with the command that allows it, when the namespace is missing or may hold no accounts. */
export async function assertEnabled(target: Target, name: string): Promise<void> {
  const namespace = await read(target.client, name);
  if (namespace === "hidden" || (namespace !== undefined && isEnabled(namespace))) return;
  const kubectl = `kubectl${kubectlFlags(target)}`;
  const allow = `${kubectl} label namespace ${name} ${namespaceLabel}=enabled`;
  throw new Error(
    namespace === undefined
      ? `there is no namespace ${name}; an administrator makes it with: ${kubectl} create namespace ${name} && ${allow}`
      : `namespace ${name} may not hold accounts; an administrator allows it with: ${allow}`,
  );
}

/** Who may create accounts need not see namespaces; the hook of the account looks again. */
async function read(client: KubernetesClient, name: string): Promise<Namespace | undefined | "hidden"> {
  try {
    return await client.get(Namespace, { name });
  } catch (error) {
    if (isForbidden(error)) return "hidden";
    throw error;
  }
}
