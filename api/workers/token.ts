/**
 * API tokens: a Secret in the account's namespace (type Opaque, labels `octoplane.io/workers-token: "true"` and
 * `accounts: <account id>`) holds the hash of each token under the token's name. The token itself is stored nowhere.
 */

import { createHash, randomBytes } from "node:crypto";

/** Label of the Secrets that hold token hashes; its value is `true`. */
export const tokenLabel = "octoplane.io/workers-token";

/** A new token: 256 bits of randomness behind a prefix that secret scanners can look for. */
export function newToken(): string {
  return `octo_${randomBytes(32).toString("base64url")}`;
}

/** What a token Secret stores, before Kubernetes' own base64: SHA-256, hex. Tokens are random, so no salt is needed. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
