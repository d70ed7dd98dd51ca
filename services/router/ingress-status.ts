/** Tells in each Ingress's status where it is served, as a load balancer's controller does. */

import { isDeepStrictEqual } from "node:util";
import { Ingress } from "../../api/builtin.ts";
import { isNotFound, type KubernetesClient } from "../../kubernetes/client.ts";

export interface PublishedAddress {
  ip?: string;
  hostname?: string;
  /** Default: none is said. */
  port?: number;
}

/** Writes only when something differs. An Ingress that is deleted meanwhile is fine. */
export async function publishAddress(
  client: KubernetesClient,
  ingress: Ingress,
  { port, ...address }: PublishedAddress,
): Promise<void> {
  const entries = [{ ...address, ...(port !== undefined && { ports: [{ port, protocol: "TCP" }] }) }];
  if (isDeepStrictEqual(ingress.status?.loadBalancer?.ingress, entries)) return;
  const patch = { status: { loadBalancer: { ingress: entries } } };
  try {
    await client.mergePatch(Ingress, ingress.metadata, patch, { subresource: "status" });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
