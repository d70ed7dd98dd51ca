/** The cluster's addresses, and what it leaves in the machine's network. */

import { readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run, tryRun } from "./run.ts";

const device = "octo-node";
/** Bridge of the pods, made by the CNI plugin. */
export const podBridge = "octo-pods";
/** The machine, as the cluster sees it: an address that only this machine has. */
export const nodeAddress = "10.95.0.1";
export const podRange = "10.244.0.0/24";
export const serviceRange = "10.96.0.0/16";
/** The first of the range is the API server's, by convention. */
export const apiServiceAddress = "10.96.0.1";
export const dnsServiceAddress = "10.96.0.10";

const forwarding = "/proc/sys/net/ipv4/ip_forward";
const namespaces = "/run/netns";
const clusterChains = /\b(CNI-|KUBE-)/;

/** @returns what `restoreNetwork` needs to know */
export async function prepareNetwork(): Promise<{ wasForwarding: boolean }> {
  if (clusterChains.test(await tryRun("iptables-save", []))) {
    throw new Error("another cluster runs on this machine: there are KUBE- or CNI- rules in iptables");
  }
  const wasForwarding = readFileSync(forwarding, "utf8").trim() === "1";
  writeFileSync(forwarding, "1");
  await run("ip", ["link", "add", device, "type", "bridge"]);
  await run("ip", ["address", "add", `${nodeAddress}/32`, "dev", device]);
  await run("ip", ["link", "set", device, "up"]);
  return { wasForwarding };
}

/** Safe to repeat: what is gone is gone. */
export async function restoreNetwork({ wasForwarding }: { wasForwarding: boolean }): Promise<void> {
  for (const name of podNamespaces()) {
    await tryRun("umount", ["-l", join(namespaces, name)]);
    rmSync(join(namespaces, name), { force: true });
  }
  for (const name of [podBridge, device]) await tryRun("ip", ["link", "delete", name]);
  for (const family of ["ip", "ip6"]) await tryRun("nft", ["delete", "table", family, "kube-proxy"]);
  for (const version of ["iptables", "ip6tables"]) await removeChains(version);
  if (!wasForwarding) writeFileSync(forwarding, "0");
  removeControlGroups();
}

/** Containerd makes them under this name. */
function podNamespaces(): string[] {
  return list(namespaces).filter((name) => name.startsWith("cni-"));
}

async function removeChains(version: string): Promise<void> {
  const before = await tryRun(`${version}-save`, []);
  if (!clusterChains.test(before)) return;
  const without = before.split("\n").filter((line) => !clusterChains.test(line));
  await run(`${version}-restore`, [], { input: `${without.join("\n")}\n` });
}

const controlGroups = "/sys/fs/cgroup";

/** Both layouts: one tree, or one tree per controller. They are empty once every process has ended. */
function removeControlGroups(): void {
  for (const folder of [controlGroups, ...list(controlGroups).map((name) => join(controlGroups, name))]) {
    if (list(folder).includes("kubepods")) removeTree(join(folder, "kubepods"));
  }
}

function removeTree(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(join(folder, entry.name));
  }
  try {
    rmdirSync(folder);
  } catch {
    // a process is still ending; an empty control group does no harm
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
