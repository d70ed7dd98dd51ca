/** An account's API tokens: Secrets hold their hashes, each under the token's name. */

import { randomBytes } from "node:crypto";
import { Secret } from "../api/builtin.ts";
import { accountLabel } from "../api/workers/fields.ts";
import { hashToken, newToken, tokenLabel } from "../api/workers/token.ts";
import type { WorkerAccount } from "../api/workers/worker-account.ts";
import { isAlreadyExists, type KubernetesClient } from "../kubernetes/client.ts";

export interface NewToken {
  /** What it is called, for revoking it; also the author of what it deploys. */
  name: string;
  token: string;
}

/** Makes a new token; only its hash is stored, so this is the one time that it can be seen. */
export async function addToken(client: KubernetesClient, account: WorkerAccount): Promise<NewToken> {
  const { name: id, namespace = "", uid = "" } = account.metadata;
  const token = newToken();
  const name = `token-${randomBytes(4).toString("hex")}`;
  const data = { [name]: Buffer.from(hashToken(token)).toString("base64") };
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
      data,
    });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    await client.mergePatch(Secret, key, { data });
  }
  return { name, token };
}

interface StoredToken {
  name: string;
  /** Hex. */
  hash: string;
  secret: Secret;
}

async function storedTokens(client: KubernetesClient, { metadata }: WorkerAccount): Promise<StoredToken[]> {
  const labelSelector = `${tokenLabel}=true,${accountLabel}=${metadata.name}`;
  const { items } = await client.list(Secret, { namespace: metadata.namespace, labelSelector });
  return items.flatMap((secret) =>
    Object.entries(secret.data ?? {}).map(([name, value]) => ({
      name,
      hash: Buffer.from(value, "base64").toString("latin1").trim(),
      secret,
    })),
  );
}

/** Whether it would still be accepted. */
export async function isValidToken(client: KubernetesClient, account: WorkerAccount, token: string): Promise<boolean> {
  return (await storedTokens(client, account)).some(({ hash }) => hash === hashToken(token));
}

/**
 * @param which the name of a token, or a token itself. Default: all of the account's.
 * @returns the names of the revoked tokens.
 * @throws Error with the names that there are, when it is none of them.
 */
export async function revokeTokens(
  client: KubernetesClient,
  account: WorkerAccount,
  which: string | undefined,
): Promise<string[]> {
  const tokens = await storedTokens(client, account);
  const isMeant = ({ name, hash }: StoredToken) => which === undefined || name === which || hash === hashToken(which);
  const revoked = tokens.filter(isMeant);
  if (which !== undefined && revoked.length === 0) {
    const known = tokens.length === 0 ? "it has none" : `it has: ${tokens.map(({ name }) => name).join(", ")}`;
    throw new Error(`the account has no such token; ${known}`);
  }
  for (const [secret, names] of Map.groupBy(revoked, (token) => token.secret)) {
    const data = Object.fromEntries(names.map(({ name }) => [name, null]));
    await client.mergePatch(Secret, secret.metadata, { data });
  }
  return revoked.map(({ name }) => name);
}
