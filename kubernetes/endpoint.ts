/** Which API server to talk to, and with which credentials. */

import { existsSync } from "node:fs";
import type { RequestOptions } from "node:https";
import { homedir } from "node:os";
import { join } from "node:path";
import { inPod } from "./service-account.ts";

export interface ConnectOptions {
  /** Base URL, for an API server without a kubeconfig. Wins over `kubeconfig`. */
  url?: string | undefined;
  /** Bearer token for `url`. */
  token?: string | undefined;
  /** Path of a kubeconfig file. Default: `$KUBECONFIG`, `~/.kube/config`, then the pod's service account. */
  kubeconfig?: string | undefined;
  /** Folder of the pod's service account, for tests. */
  serviceAccount?: string | undefined;
}

export interface Endpoint {
  readonly server: URL;
  /** Headers and TLS options of one request; asked each time, since tokens and certificates are rotated. */
  credentials(): Promise<RequestOptions>;
}

/** Reads files, so a missing or broken kubeconfig shows here. */
export async function locate({ url, token, kubeconfig, serviceAccount }: ConnectOptions): Promise<Endpoint> {
  if (url !== undefined) return fromUrl(url, token);
  const isInPod = kubeconfig === undefined && !hasDefaultKubeconfig();
  return isInPod ? inPod(serviceAccount) : fromKubeconfig(kubeconfig);
}

function hasDefaultKubeconfig(): boolean {
  return Boolean(process.env.KUBECONFIG) || existsSync(join(homedir(), ".kube", "config"));
}

function fromUrl(url: string, token: string | undefined): Endpoint {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return { server: new URL(url), credentials: async () => ({ headers }) };
}

/** client-node takes half a second and 90 MB to load, so only who needs its kubeconfig support pays for it: no pod does. */
async function fromKubeconfig(file: string | undefined): Promise<Endpoint> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  if (file === undefined) config.loadFromDefault();
  else config.loadFromFile(file);

  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error(`kubeconfig ${file ?? ""} names no current cluster`);
  // client-node refuses http:// unless verification is off; there is no certificate to verify on http://.
  const plain = cluster.server.startsWith("http:");
  if (plain) config.clusters = config.clusters.map((each) => ({ ...each, skipTLSVerify: true }));

  return {
    server: new URL(cluster.server),
    async credentials() {
      const options: RequestOptions = {};
      await config.applyToHTTPSOptions(options);
      const { agent, ...rest } = options;
      // Its agents never keep a connection alive; only a proxy needs them.
      return cluster.proxyUrl && agent !== undefined ? { ...rest, agent } : rest;
    },
  };
}
