/** The platform that a command talks to: the embedded one of a data folder, or a cluster. */

import type { ConnectOptions, KubernetesClient } from "../../kubernetes/client.ts";
import type { DataFolder } from "../../local/platform/folder.ts";
import type { PlatformRecord } from "../../local/platform/record.ts";
import { note } from "../output.ts";

export interface EmbeddedTarget {
  kind: "embedded";
  client: KubernetesClient;
  folder: DataFolder;
  record: PlatformRecord;
  /** A cluster that KUBECONFIG names and this is not. */
  passedOver?: string;
}

export interface ClusterTarget {
  kind: "cluster";
  client: KubernetesClient;
  connection: ConnectOptions;
  context: string;
  server: string;
  /** The context's namespace, as kubectl would use it. */
  namespace: string;
  /** What named the cluster. */
  from: string;
  /** What the user has said of it. */
  wanted: { kubeconfig?: string | undefined; context?: string | undefined };
}

export type Target = EmbeddedTarget | ClusterTarget;

/** Which platform it is, for people. */
export function describe(target: Target): string {
  if (target.kind === "embedded") return `embedded, in ${target.folder.path}`;
  return `cluster of context ${target.context}, ${target.server} (from ${target.from})`;
}

/** Says on standard error which platform is used, so that nobody changes another one than he means. */
export function announce(target: Target): void {
  note(`platform: ${describe(target)}`);
  notePassedOver(target);
}

export function notePassedOver(target: Target): void {
  if (target.kind !== "embedded" || target.passedOver === undefined) return;
  note(`(KUBECONFIG names another platform: that one is asked with --kubeconfig ${target.passedOver})`);
}
