/** Who the token is, and which accounts it is for. */

import { createHash } from "node:crypto";
import type { WorkerAccount } from "../../api/workers/worker-account.ts";
import { displayName } from "./accounts.ts";
import type { AccountCall, Call } from "./call.ts";
import { type Answer, paged } from "./envelope.ts";

/** Something stable that looks like Cloudflare's ids. */
function idOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

function presentAccount(account: WorkerAccount) {
  return {
    id: account.metadata.name,
    name: displayName(account),
    type: "standard",
    settings: {},
    created_on: account.metadata.creationTimestamp,
  };
}

/** Tokens belong to accounts and not to people, so that the name of the token stands where an e-mail would. */
export function getUser({ principal }: Call): Answer {
  return { result: { id: idOf(principal.name), email: principal.name, organizations: [] } };
}

export function verifyToken({ principal }: Call): Answer {
  return { result: { id: idOf(principal.name), status: "active" } };
}

export function getAccounts({ principal, query }: Call): Answer {
  const { page, info } = paged(principal.accounts.map(presentAccount), query);
  return { result: page, resultInfo: info };
}

export function getAccount({ account }: AccountCall): Answer {
  return { result: presentAccount(account) };
}

export function getMemberships({ principal, query }: Call): Answer {
  const memberships = principal.accounts.map((account) => ({
    id: idOf(`${principal.name} ${account.metadata.name}`),
    status: "accepted",
    account: presentAccount(account),
    roles: ["Workers"],
    permissions: {},
  }));
  const { page, info } = paged(memberships, query);
  return { result: page, resultInfo: info };
}
