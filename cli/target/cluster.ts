/** A cluster, by way of a kubeconfig. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KubeConfig } from "@kubernetes/client-node";
import type { ConnectOptions } from "../../kubernetes/client.ts";
import { sentenceOf } from "../failure.ts";

export interface ClusterConnection {
  connection: ConnectOptions;
  /** Name of the context. */
  context: string;
  /** URL of the API server. */
  server: string;
  /** The context's namespace, as kubectl would use it. */
  namespace: string;
}

/**
 * @param kubeconfig path; default: as kubectl, `$KUBECONFIG` or `~/.kube/config`.
 * @throws Error naming what the kubeconfig lacks.
 */
export async function clusterConnection(
  kubeconfig: string | undefined,
  wantedContext: string | undefined,
): Promise<ClusterConnection> {
  const config = await load(kubeconfig);
  const isOther = wantedContext !== undefined && wantedContext !== config.currentContext;
  if (isOther) config.setCurrentContext(wantedContext);
  const name = config.currentContext;
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error(missingContext(config, kubeconfig, name));
  return {
    connection: { kubeconfig: isOther ? pinned(config) : kubeconfig },
    context: name,
    server: cluster.server,
    namespace: config.getContextObject(name)?.namespace ?? "default",
  };
}

export async function contextNames(kubeconfig: string | undefined): Promise<string[]> {
  return (await load(kubeconfig)).contexts.map(({ name }) => name);
}

/** client-node takes half a second to load, so only who needs a kubeconfig pays for it. */
async function load(kubeconfig: string | undefined): Promise<KubeConfig> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
    return config;
  } catch (error) {
    const [why] = sentenceOf(error).split("\n");
    throw new Error(`the kubeconfig ${kubeconfig ?? "of kubectl"} cannot be read: ${why}`, { cause: error });
  }
}

function missingContext(config: KubeConfig, kubeconfig: string | undefined, name: string | undefined): string {
  const names = config.contexts.map((context) => context.name);
  const known = names.length === 0 ? "it has none" : `it has: ${names.join(", ")}`;
  return `the kubeconfig ${kubeconfig ?? "of kubectl"} has no cluster for context ${JSON.stringify(name ?? "")}; ${known}`;
}

/** A private copy whose current context is the wanted one, for as long as this process lives. */
function pinned(config: KubeConfig): string {
  const folder = mkdtempSync(join(tmpdir(), "octoplane-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "kubeconfig");
  writeFileSync(file, config.exportConfig(), { mode: 0o600 });
  return file;
}
