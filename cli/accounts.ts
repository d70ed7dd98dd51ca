/** Accounts as the command sees them: a WorkerAccount, and a Secret with the hashes of its tokens. */

import { randomBytes } from "node:crypto";
import { Secret } from "../api/builtin.ts";
import { accountLabel } from "../api/workers/fields.ts";
import { hashToken, newToken, tokenLabel } from "../api/workers/token.ts";
import { WorkerAccount } from "../api/workers/worker-account.ts";
import { isAlreadyExists, type KubernetesClient } from "../kubernetes/client.ts";

export interface NewAccount {
  id: string;
  name: string;
  token: string;
}

const idPattern = /^[0-9a-f]{32}$/;
const namePattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** Sorted by name. */
export async function listAccounts(client: KubernetesClient): Promise<WorkerAccount[]> {
  const { items } = await client.list(WorkerAccount);
  return items.sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
}

export function nameOf({ metadata, spec }: WorkerAccount): string {
  return spec.displayName ?? spec.subdomain ?? metadata.name;
}

/** By id, subdomain or name. Throws with the names that there are. */
export async function findAccount(client: KubernetesClient, which: string): Promise<WorkerAccount> {
  const accounts = await listAccounts(client);
  const found = accounts.find((account) =>
    [account.metadata.name, account.spec.subdomain, nameOf(account)].includes(which),
  );
  if (found !== undefined) return found;
  const known = accounts.length === 0 ? "there are none" : `there are: ${accounts.map(nameOf).join(", ")}`;
  throw new Error(`there is no account "${which}"; ${known}`);
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
  const taken = (await listAccounts(client)).find(
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
  return { id, name, token: await addToken(client, account) };
}

/** Makes a new token; only its hash is stored, so this is the one time that it can be seen. */
export async function addToken(client: KubernetesClient, account: WorkerAccount): Promise<string> {
  const { name: id, namespace = "", uid = "" } = account.metadata;
  const token = newToken();
  const entry = { [`token-${randomBytes(4).toString("hex")}`]: Buffer.from(hashToken(token)).toString("base64") };
  const key = { namespace, name: `worker-tokens-${id}` };
  try {
    await client.create(Secret, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: {
        ...key,
        labels: { [accountLabel]: id, [tokenLabel]: "true" },
        ownerReferences: [{ apiVersion: account.apiVersion, kind: account.kind, name: id, uid }],
      },
      data: entry,
    });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    await client.mergePatch(Secret, key, { data: entry });
  }
  return token;
}

/** What a wrangler project needs in its `.env`. */
export function wranglerEnv(apiBaseUrl: string, { id, token }: Pick<NewAccount, "id" | "token">): string {
  return `CLOUDFLARE_API_BASE_URL=${apiBaseUrl}\nCLOUDFLARE_API_TOKEN=${token}\nCLOUDFLARE_ACCOUNT_ID=${id}\n`;
}
