/** Accounts as the command sees them: a WorkerAccount each. */

import { randomBytes } from "node:crypto";
import { accountLabel } from "../api/workers/fields.ts";
import { WorkerAccount } from "../api/workers/worker-account.ts";
import { isNotFound, type KubernetesClient } from "../kubernetes/client.ts";
import { isForbidden } from "./forbidden.ts";
import { addToken } from "./tokens.ts";

export interface NewAccount {
  id: string;
  name: string;
  token: string;
  /** Name of the token, for revoking it. */
  tokenName: string;
}

const idPattern = /^[0-9a-f]{32}$/;
const namePattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/**
 * Sorted by name.
 *
 * @param namespace default: all.
 */
export async function listAccounts(client: KubernetesClient, namespace?: string): Promise<WorkerAccount[]> {
  try {
    const { items } = await client.list(WorkerAccount, { namespace });
    return items.sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
  } catch (error) {
    throw explained(error, namespace);
  }
}

function explained(error: unknown, namespace: string | undefined): unknown {
  if (isNotFound(error)) return new Error("Octoplane is not installed there: the kind WorkerAccount is unknown");
  if (isForbidden(error) && namespace === undefined)
    return new Error(`${error.message}; name a namespace that you may look into: --namespace`, { cause: error });
  return error;
}

/** Those that its user may see: who rules one namespace only need not see the others. */
async function visibleAccounts(client: KubernetesClient, namespace: string): Promise<WorkerAccount[]> {
  return listAccounts(client).catch((error: unknown) => {
    if (error instanceof Error && isForbidden(error.cause)) return listAccounts(client, namespace);
    throw error;
  });
}

export function nameOf({ metadata, spec }: WorkerAccount): string {
  return spec.displayName ?? spec.subdomain ?? metadata.name;
}

/** By id, subdomain or name. Throws with the names that there are, or with the ids where a name is not enough. */
export async function findAccount(client: KubernetesClient, which: string, namespace?: string): Promise<WorkerAccount> {
  const accounts = await listAccounts(client, namespace);
  const exact = accounts.filter(({ metadata }) => metadata.name === which);
  const named = accounts.filter((account) => [account.spec.subdomain, nameOf(account)].includes(which));
  const [found, ...others] = exact.length > 0 ? exact : named;
  if (found === undefined) {
    const known = accounts.length === 0 ? "there are none" : `there are: ${accounts.map(nameOf).join(", ")}`;
    throw new Error(`there is no account "${which}"; ${known}`);
  }
  if (others.length === 0) return found;
  const ids = [found, ...others].map(({ metadata }) => `${metadata.name} (namespace ${metadata.namespace})`);
  throw new Error(`several accounts are called "${which}"; name one by its id, or with --namespace: ${ids.join(", ")}`);
}

function checkName(name: string): void {
  if (namePattern.test(name) && name.length <= 63) return;
  throw new Error(
    `account name "${name}" must be a DNS label: at most 63 lower-case letters, digits and hyphens, since hosts are made of it`,
  );
}

/**
 * @param name subdomain of the account's hosts, and what wrangler shows.
 * @param id 32 hexadecimal digits, as wrangler expects them. Default: random.
 */
export async function createAccount(
  client: KubernetesClient,
  name: string,
  namespace: string,
  id = randomBytes(16).toString("hex"),
): Promise<NewAccount> {
  checkName(name);
  if (!idPattern.test(id)) throw new Error(`account id "${id}" must be 32 lower-case hexadecimal digits`);
  const taken = (await visibleAccounts(client, namespace)).find(
    ({ metadata, spec }) => metadata.name === id || (spec.subdomain ?? metadata.name) === name,
  );
  if (taken !== undefined)
    throw new Error(`account ${nameOf(taken)} (${taken.metadata.name}) already has that name or id`);

  const account = await client.create(WorkerAccount, {
    apiVersion: "api.cf-worker/v1",
    kind: "WorkerAccount",
    metadata: { name: id, namespace, labels: { [accountLabel]: id } },
    spec: {
      workerBundleName: `workers-${id}`,
      workerReleaseSelector: { matchLabels: { [accountLabel]: id } },
      podTemplate: { imagePullSecret: "" },
      displayName: name,
      subdomain: name,
    },
  });
  const { name: tokenName, token } = await addToken(client, account);
  return { id, name, token, tokenName };
}

/** The API server deletes what belongs to it; what somebody made with kubectl stays. */
export async function deleteAccount(client: KubernetesClient, { metadata }: WorkerAccount): Promise<void> {
  await client.delete(WorkerAccount, metadata, { uid: metadata.uid, propagationPolicy: "Background" });
}

/** What a wrangler project needs in its `.env`. */
export function wranglerEnv(apiBaseUrl: string, { id, token }: Pick<NewAccount, "id" | "token">): string {
  return `CLOUDFLARE_API_BASE_URL=${apiBaseUrl}\nCLOUDFLARE_API_TOKEN=${token}\nCLOUDFLARE_ACCOUNT_ID=${id}\n`;
}
