/** The accounts of the installation, as the cluster has taken them in: an account that lost a conflict has no say. */

import type { WorkerAccount } from "../../api/workers/worker-account.ts";
import type { Cache } from "../../kubernetes/cache.ts";

const refusals = new Set(["Conflict", "NamespaceNotEnabled"]);

/** Whether its hook has looked at it and accepted it: before that, anybody's namespace could claim any id. */
function isAccepted({ metadata, status }: WorkerAccount): boolean {
  if (metadata.deletionTimestamp !== undefined) return false;
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return ready !== undefined && !refusals.has(ready.reason);
}

function age({ metadata }: WorkerAccount): string {
  return `${metadata.creationTimestamp ?? "9"} ${metadata.namespace ?? ""}`;
}

export interface Accounts {
  readonly cache: Cache<WorkerAccount>;
  /** The accepted account of that id; the oldest, should there ever be two. */
  find(id: string): WorkerAccount | undefined;
}

export function accountsOf(cache: Cache<WorkerAccount>): Accounts {
  return {
    cache,
    find: (id) =>
      cache
        .list()
        .filter((account) => account.metadata.name === id && isAccepted(account))
        .sort((a, b) => (age(a) < age(b) ? -1 : 1))[0],
  };
}

/** The DNS label below which the account's hosts lie. */
export function subdomainOf({ metadata, spec, status }: WorkerAccount): string {
  return status?.subdomain ?? spec.subdomain ?? metadata.name;
}

export function displayName({ metadata, spec }: WorkerAccount): string {
  return spec.displayName ?? metadata.name;
}

export function namespaceOf({ metadata }: WorkerAccount): string {
  return metadata.namespace ?? "";
}
