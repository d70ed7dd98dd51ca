/**
 * Which platform a command talks to. What the command line names comes first. Then the embedded platform, where one has
 * ever been started, running or not: a command must not go elsewhere because a process has ended. Then KUBECONFIG.
 * `~/.kube/config` alone chooses nothing: it may be anybody's cluster.
 */

import { basename, delimiter, dirname } from "node:path";
import { hint } from "../invocation.ts";

export interface Wishes {
  dataDir: string;
  dataDirSource: "cli" | "env" | "default";
  kubeconfig?: string | undefined;
  context?: string | undefined;
}

export interface Surroundings {
  /** The environment variable. */
  KUBECONFIG: string | undefined;
  /** Whether a platform has been started on this folder. */
  isDataFolder(path: string): boolean;
}

export type Choice =
  | { kind: "embedded"; path: string; passedOver?: string }
  | { kind: "cluster"; kubeconfig?: string | undefined; context?: string | undefined; from: string };

export class NoTarget extends Error {
  constructor() {
    super(
      `there is no platform to talk to; start one with: ${hint("up")} (or name a cluster: --kubeconfig FILE, --context NAME, or KUBECONFIG)`,
    );
    this.name = "NoTarget";
  }
}

/** @throws Error when nothing, or too much, is named. */
export function chooseTarget(wishes: Wishes, surroundings: Surroundings): Choice {
  const { dataDir, dataDirSource } = wishes;
  if (namesCluster(wishes)) {
    if (dataDirSource === "cli")
      throw new Error("name either a data folder (--data-dir) or a cluster (--kubeconfig, --context), not both");
    return namedCluster(wishes, surroundings);
  }
  if (dataDirSource !== "default") return { kind: "embedded", path: dataDir };

  const { KUBECONFIG } = surroundings;
  if (surroundings.isDataFolder(dataDir)) {
    const isOther = KUBECONFIG && ownFolder(KUBECONFIG, surroundings) === undefined;
    return { kind: "embedded", path: dataDir, ...(isOther ? { passedOver: KUBECONFIG } : {}) };
  }
  if (!KUBECONFIG) throw new NoTarget();
  const path = ownFolder(KUBECONFIG, surroundings);
  return path === undefined ? { kind: "cluster", from: "KUBECONFIG" } : { kind: "embedded", path };
}

function namesCluster({ kubeconfig, context }: Wishes): boolean {
  return kubeconfig !== undefined || context !== undefined;
}

function namedCluster({ kubeconfig, context }: Wishes, surroundings: Surroundings): Choice {
  const path = kubeconfig !== undefined && context === undefined ? ownFolder(kubeconfig, surroundings) : undefined;
  if (path !== undefined) return { kind: "embedded", path };
  return { kind: "cluster", kubeconfig, context, from: kubeconfig === undefined ? "--context" : "--kubeconfig" };
}

/** The kubeconfig of an embedded platform lies in its data folder: both name the same platform. */
function ownFolder(kubeconfig: string, { isDataFolder }: Surroundings): string | undefined {
  const isOne = !kubeconfig.includes(delimiter) && basename(kubeconfig) === "kubeconfig";
  const folder = dirname(kubeconfig);
  return isOne && isDataFolder(folder) ? folder : undefined;
}
