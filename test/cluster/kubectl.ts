/** kubectl with every right, as an administrator uses it: the cluster's own, or else the one on the PATH. */

import { inject } from "vitest";
import { runningCluster } from "./harness/cluster.ts";
import { run } from "./harness/run.ts";

/** Resolves with standard output. @throws Error with what kubectl printed */
export function kubectl(args: readonly string[], input = ""): Promise<string> {
  const platform = inject("cluster");
  if (platform === undefined) throw new Error("there is no cluster");
  const connection = ["--kubeconfig", platform.kubeconfig, "--request-timeout=30s"];
  const own = runningCluster()?.kubectl;
  const command = own === undefined ? ["kubectl"] : [own, "kubectl"];
  const [program = "", ...first] = command;
  return run(program, [...first, ...connection, ...args], { input });
}
