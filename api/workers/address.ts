/** Public addresses: `<script>.<subdomain>.<domain>`. */

import { hostLabel } from "./names.ts";
import type { WorkersSettings } from "./settings.ts";
import type { WorkerAccount } from "./worker-account.ts";

/** The DNS label below which the account's hosts lie. */
export function subdomainOf({ metadata, spec }: Pick<WorkerAccount, "metadata" | "spec">): string {
  return spec.subdomain ?? metadata.name;
}

/**
 * Whether the account holds its id and its subdomain, which its hook says by naming the latter: before that, an account
 * in anybody's namespace could pass for any other.
 */
export function isAccepted({ status }: Pick<WorkerAccount, "status">): boolean {
  return status?.subdomain !== undefined;
}

/** The host of a script that has a public address. */
export function hostOf(account: WorkerAccount, script: string, { domain }: Pick<WorkersSettings, "domain">): string {
  return `${hostLabel(script)}.${subdomainOf(account)}.${account.spec.ingress?.domain ?? domain}`;
}

/** How a host is written for people. */
export function urlOf(host: string, { urlScheme, urlPort }: Pick<WorkersSettings, "urlScheme" | "urlPort">): string {
  return `${urlScheme}://${host}${urlPort === undefined ? "" : `:${urlPort}`}`;
}
