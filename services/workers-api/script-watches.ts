/** The scripts of accounts for whose answers somebody waits: one watch for each account, shared by all who do. */

import { accountLabel } from "../../api/workers/fields.ts";
import type { WorkerAccount } from "../../api/workers/worker-account.ts";
import { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { type Cache, cache } from "../../kubernetes/cache.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { namespaceOf } from "./accounts.ts";

export interface ScriptWatches {
  /** Runs `task` with the account's scripts, which may lag behind what the task knows. */
  use<T>(account: WorkerAccount, task: (scripts: Cache<WorkerDeployment>) => Promise<T>): Promise<T>;
}

export function scriptWatches(client: KubernetesClient, onError: (error: unknown) => void): ScriptWatches {
  const open = new Map<string, { scripts: Cache<WorkerDeployment>; users: number }>();

  function follow(account: WorkerAccount) {
    const labelSelector = `${accountLabel}=${account.metadata.name}`;
    return cache(client, WorkerDeployment, { namespace: namespaceOf(account), labelSelector, onError });
  }

  return {
    async use(account, task) {
      const key = `${namespaceOf(account)}/${account.metadata.name}`;
      const watch = open.get(key) ?? { scripts: follow(account), users: 0 };
      open.set(key, watch);
      watch.users += 1;
      try {
        return await task(watch.scripts);
      } finally {
        watch.users -= 1;
        if (watch.users === 0) {
          open.delete(key);
          watch.scripts.close();
        }
      }
    },
  };
}
