/** Where a cluster lives. There is one at a time on a machine: addresses and firewall rules are the machine's own. */

import { homedir } from "node:os";
import { join } from "node:path";

/** What is built stays here, by the hash of what it was built from; it may be deleted at any time. */
export const cacheFolder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "octoplane", "cluster");

/** Everything of the running cluster; `down` deletes it. */
export const clusterFolder = "/var/lib/octoplane-test-cluster";

export const logFolder = join(clusterFolder, "log");
export const recordFile = join(clusterFolder, "cluster.json");
export const adminKubeconfig = join(clusterFolder, "kubeconfig");

/** What is known of the platform on it, for tests. */
export const platformFile = join(clusterFolder, "platform.json");

export const root = join(import.meta.dirname, "..", "..", "..");
