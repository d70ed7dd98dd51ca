/** What people see of an account that waits. */

import { join } from "node:path";
import type { Condition } from "../../api/status.ts";
import { WorkerAccount } from "../../api/workers/worker-account.ts";
import { cache } from "../../kubernetes/cache.ts";
import type { World } from "../e2e/harness/world.ts";
import { root } from "./harness/folders.ts";
import { run } from "./harness/run.ts";

/** Longer than it may take, so that what it says instead is told. */
const timeoutMs = 90_000;

/** Resolves when Ready of the account has the reason. */
export async function reasonBecomes({ client, namespace, account }: World, reason: string): Promise<void> {
  const accounts = cache(client, WorkerAccount, { namespace });
  const ready = () => accounts.get(namespace, account.id)?.status?.conditions?.find(isReadiness);
  try {
    await accounts.waitFor(() => ready()?.reason === reason, { timeoutMs });
  } catch (error) {
    throw new Error(`the account does not say ${reason}, but ${JSON.stringify(ready())}`, { cause: error });
  } finally {
    accounts.close();
  }
}

function isReadiness({ type }: Condition): boolean {
  return type === "Ready";
}

/** What `octoplane status` prints of the namespace. */
export function octoplaneStatus({ kubeconfig, namespace }: Pick<World, "kubeconfig" | "namespace">): Promise<string> {
  const command = [join(root, "cli", "octoplane.ts"), "status", "--kubeconfig", kubeconfig, "-n", namespace];
  return run(process.execPath, command, { env: { ...process.env, NO_COLOR: "1" } });
}
