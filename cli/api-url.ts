/** Where the Workers API of an installation answers: what CLOUDFLARE_API_BASE_URL must say. */

import { InvalidArgumentError } from "commander";
import { Ingress } from "../api/builtin.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { platformNamespace } from "./installation.ts";
import { type InstallationSettings, installationSettings, visible } from "./installation-settings.ts";
import type { Target } from "./target/target.ts";

const apiPath = "/client/v4";

/** `https://api.example.com` and `https://api.example.com/client/v4/` are both fine. */
export function apiUrlOption(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol))
    throw new InvalidArgumentError("a URL begins with http:// or https://");
  const path = url.pathname.replace(/\/+$/, "");
  return `${url.origin}${path === "" ? apiPath : path}`;
}

/**
 * @param asked what the user says: it is believed.
 * @throws Error when a cluster does not tell.
 */
export async function apiBaseUrl(target: Target, asked?: string): Promise<string> {
  const url = asked ?? (await knownApiUrl(target));
  if (url !== undefined) return url;
  throw new Error(
    `no Ingress of namespace ${platformNamespace} that you may see says where the Workers API answers; say it with --api-url URL`,
  );
}

export async function knownApiUrl(target: Target): Promise<string | undefined> {
  if (target.kind === "embedded") return `http://127.0.0.1:${target.record.ports.api}${apiPath}`;
  const [ingresses, settings] = await Promise.all([apiIngresses(target.client), installationSettings(target.client)]);
  return ingresses.map((ingress) => urlOf(ingress, settings)).find((url) => url !== undefined);
}

async function apiIngresses(client: KubernetesClient): Promise<Ingress[]> {
  const { items } = await visible(client.list(Ingress, { namespace: platformNamespace }), { items: [] });
  return items;
}

function urlOf(ingress: Ingress, settings: InstallationSettings): string | undefined {
  const rule = ingress.spec?.rules?.find(({ http }) => http?.paths.some(({ path }) => path?.startsWith(apiPath)));
  if (rule === undefined) return undefined;
  const host = rule.host ?? addressOf(ingress, settings);
  if (host === undefined) return undefined;
  const scheme = ingress.spec?.tls === undefined ? (settings.urlScheme ?? "http") : "https";
  const port = scheme === settings.urlScheme && settings.urlPort !== undefined ? `:${settings.urlPort}` : "";
  return `${scheme}://${host}${port}${apiPath}`;
}

/** Of a rule that takes every host: a cluster on this machine by its loopback address, another by its load balancer. */
function addressOf({ status }: Ingress, { domain }: InstallationSettings): string | undefined {
  if (domain === "localhost" || domain?.endsWith(".localhost")) return "127.0.0.1";
  const [address] = status?.loadBalancer?.ingress ?? [];
  return address?.hostname ?? address?.ip;
}
