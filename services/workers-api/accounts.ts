/** The accounts of the installation, as the cluster has taken them in: an account that lost a conflict has no say. */

import { isAccepted } from "../../api/workers/address.ts";
import type { WorkerAccount } from "../../api/workers/worker-account.ts";
import type { Cache } from "../../kubernetes/cache.ts";

function isUsable(account: WorkerAccount): boolean {
  return account.metadata.deletionTimestamp === undefined && isAccepted(account);
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
        .filter((account) => account.metadata.name === id && isUsable(account))
        .sort((a, b) => (age(a) < age(b) ? -1 : 1))[0],
  };
}

export function displayName({ metadata, spec }: WorkerAccount): string {
  return spec.displayName ?? metadata.name;
}

export function namespaceOf({ metadata }: WorkerAccount): string {
  return metadata.namespace ?? "";
}
