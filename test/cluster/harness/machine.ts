/** What a machine must be, and must have, to be a node. */

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { which } from "../../which.ts";
import { run, tryRun } from "./run.ts";

/** Program -> Debian package. */
const required = {
  containerd: "containerd",
  runc: "runc",
  buildah: "buildah",
  skopeo: "skopeo",
  iptables: "iptables",
  nft: "nftables",
  conntrack: "conntrack",
  ip: "iproute2",
  mount: "mount",
};
const cniFolder = "/usr/lib/cni";
const path = `${process.env.PATH}${delimiter}/usr/sbin${delimiter}/sbin`;

/** Why this machine cannot hold a cluster; undefined when it can. */
export function reasonAgainstCluster(): string | undefined {
  if (process.platform !== "linux") return "a cluster of processes needs Linux";
  if (process.getuid?.() !== 0) return "a cluster of processes needs root (network, mounts, cgroups)";
  if (which("go", path) === undefined)
    return "the cluster's programs are built with Go 1.26 or newer, which is not installed";
  if (missing().length > 0 && which("apt-get", path) === undefined) {
    return `these programs are missing, and there is no apt-get to install them: ${missing().join(", ")}`;
  }
  return undefined;
}

function missing(): string[] {
  const programs = Object.entries(required).flatMap(([program, name]) => (which(program, path) ? [] : [name]));
  return [
    ...programs,
    ...(existsSync(join(cniFolder, "bridge")) ? [] : ["containernetworking-plugins"]),
    ...(existsSync("/bin/busybox") || existsSync("/usr/bin/busybox") ? [] : ["busybox-static"]),
  ];
}

export async function installPackages(onProgress: (what: string) => void): Promise<void> {
  const packages = missing();
  if (packages.length === 0) return;
  onProgress(`installing ${packages.join(", ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await tryRun("apt-get", ["update", "-qq"], { env, timeoutMs: 300_000 });
  await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], { env, timeoutMs: 600_000 });
}
