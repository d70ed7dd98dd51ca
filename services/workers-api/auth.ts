/** Who calls: a bearer token, of which the cluster holds only the hash. */

import { timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Secret } from "../../api/builtin.ts";
import { accountLabel } from "../../api/workers/fields.ts";
import { hashToken } from "../../api/workers/token.ts";
import type { WorkerAccount } from "../../api/workers/worker-account.ts";
import type { Cache } from "../../kubernetes/cache.ts";
import { type Accounts, namespaceOf } from "./accounts.ts";
import { apiError } from "./errors.ts";

export interface Principal {
  /** Name of the token: the author of what it does. */
  name: string;
  /** The accounts that the token may act for. */
  accounts: WorkerAccount[];
}

interface KnownToken {
  name: string;
  /** The hash as it is stored: hex. */
  hash: Buffer;
  account: string;
  namespace: string;
}

const hexHash = /^[0-9a-f]{64}$/;

function tokensIn({ metadata, data = {}, type = "Opaque" }: Secret): KnownToken[] {
  const account = metadata.labels?.[accountLabel];
  if (account === undefined || type !== "Opaque") return [];
  return Object.entries(data).flatMap(([name, value]) => {
    const hash = Buffer.from(value, "base64").toString("latin1").trim();
    if (!hexHash.test(hash)) return [];
    return [{ name, hash: Buffer.from(hash), account, namespace: metadata.namespace ?? "" }];
  });
}

export interface Tokens {
  /** @throws ApiError `authentication` */
  authenticate(headers: IncomingHttpHeaders): Principal;
}

export function tokensOf(secrets: Cache<Secret>, accounts: Accounts): Tokens {
  let known: KnownToken[] | undefined;
  secrets.onChange(() => {
    known = undefined;
  });

  return {
    authenticate(headers) {
      const presented = Buffer.from(hashToken(bearerToken(headers)));
      known ??= secrets.list().flatMap(tokensIn);
      // All are compared, each in constant time, so that the time of an answer tells nothing.
      const matching = known.filter(({ hash }) => timingSafeEqual(hash, presented));
      const [first] = matching;
      if (first === undefined) throw apiError("authentication", { reason: "the API token is not known here" });
      return { name: first.name, accounts: matching.flatMap((token) => accountOf(token, accounts)) };
    },
  };
}

/** A token counts only for an account of its own namespace: Secrets elsewhere are other people's. */
function accountOf({ account, namespace }: KnownToken, accounts: Accounts): WorkerAccount[] {
  const found = accounts.find(account);
  return found !== undefined && namespaceOf(found) === namespace ? [found] : [];
}

function bearerToken(headers: IncomingHttpHeaders): string {
  if (headers["x-auth-key"] !== undefined || headers["x-auth-email"] !== undefined) {
    const reason =
      "API keys (X-Auth-Key, X-Auth-Email) are not supported; unset CLOUDFLARE_API_KEY and CLOUDFLARE_EMAIL and use CLOUDFLARE_API_TOKEN";
    throw apiError("authentication", { reason });
  }
  const token = /^Bearer +(\S{1,512})$/i.exec(headers.authorization ?? "")?.[1];
  if (token === undefined)
    throw apiError("authentication", { reason: "the request has no API token (Authorization: Bearer)" });
  return token;
}

/** @throws ApiError `authentication` when the token is not for that account, whether it exists or not. */
export function requireAccount(principal: Principal, id: string): WorkerAccount {
  const account = principal.accounts.find(({ metadata }) => metadata.name === id);
  if (account !== undefined) return account;
  throw apiError("authentication", {
    reason: `this API token is not for account ${JSON.stringify(id)}, or that account is not active`,
  });
}
