/** The platform that is measured: the one on this machine's own cluster, or the one that `TEST_PLATFORM` describes. */

import { existsSync, readFileSync } from "node:fs";
import { connect, type KubernetesClient } from "../../kubernetes/client.ts";
import { platformFile } from "../../test/cluster/harness/folders.ts";
import type { InstalledPlatform } from "../../test/cluster/installed.ts";

const file = process.env.TEST_PLATFORM ?? platformFile;

export function platform(): InstalledPlatform & { client: KubernetesClient } {
  if (!existsSync(file)) {
    console.error("no cluster to measure; start one with: npm run cluster -- up && npm run cluster -- install");
    process.exit(2);
  }
  const installed: InstalledPlatform = JSON.parse(readFileSync(file, "utf8"));
  return { ...installed, client: connect({ kubeconfig: installed.kubeconfig }) };
}
