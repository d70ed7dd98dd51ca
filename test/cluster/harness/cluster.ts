/** A whole cluster on this machine: up, down, and the parts that tests stop and start again. */

import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { startControlPlane } from "./control-plane.ts";
import { startDns } from "./dns.ts";
import { adminKubeconfig, clusterFolder } from "./folders.ts";
import { buildImages, imagesFolder } from "./images.ts";
import { installPackages, reasonAgainstCluster } from "./machine.ts";
import { prepareNetwork, restoreNetwork } from "./network.ts";
import { containerdSocket, startNode } from "./node.ts";
import { endedEarly, isAlive, signal, stopProcess } from "./processes.ts";
import { buildPrograms } from "./programs.ts";
import { type ClusterRecord, readRecord, starter, writeRecord } from "./record.ts";
import { run, tryRun } from "./run.ts";
import { startStores } from "./stores.ts";
import { startVolumes } from "./volumes.ts";
import { waitFor } from "./wait.ts";

export type Progress = (what: string) => void;
export type Cluster = NonNullable<ClusterRecord["ready"]> & { kubeconfig: string };

/** The cluster that runs, if one does. */
export function runningCluster(): Cluster | undefined {
  const record = readRecord();
  const isRunning = record?.ready !== undefined && record.processes.every(isAlive);
  return isRunning && record.ready ? { ...record.ready, kubeconfig: adminKubeconfig } : undefined;
}

/** @throws Error that says what is missing or what has failed; then nothing is left running */
export async function up(onProgress: Progress): Promise<Cluster> {
  const reason = reasonAgainstCluster();
  if (reason !== undefined) throw new Error(reason);
  const running = runningCluster();
  if (running !== undefined) return refreshed(running, onProgress);
  await down(onProgress);
  await installPackages(onProgress);
  const programs = await buildPrograms(onProgress);

  const record: ClusterRecord = { owner: process.pid, processes: [] };
  writeRecord(record);
  const start = starter(record);
  const binary = programs.kubernetes;
  const kubectl = (args: readonly string[], input = "") =>
    run(binary, ["kubectl", "--kubeconfig", adminKubeconfig, ...args], { input });
  try {
    record.network = await prepareNetwork();
    writeRecord(record);
    onProgress("starting registries and S3");
    mkdirSync(imagesFolder, { recursive: true });
    const stores = await startStores(programs, imagesFolder, start);
    const images = await buildImages(stores.images, onProgress);
    onProgress("starting the control plane");
    const controlPlane = await startControlPlane(binary, start);
    onProgress("starting the node");
    await startDns({ binary: programs.coredns, kubectl, start });
    const registries = [stores.images, stores.accounts];
    await startNode({ binary, controlPlane, registries, pauseImage: images.busybox, start });
    await startVolumes({ kubectl, start });
    await waitFor(() => kubectl(["get", "serviceaccount", "default"]), { what: "the first service account" });
    const ended = record.processes.map(endedEarly).find((text) => text !== undefined);
    if (ended !== undefined) throw new Error(ended);
    record.ready = { stores, images, kubectl: binary };
    writeRecord(record);
    return { ...record.ready, kubeconfig: adminKubeconfig };
  } catch (error) {
    await down(onProgress);
    throw error;
  }
}

/** The sources may have changed since. */
async function refreshed(cluster: Cluster, onProgress: Progress): Promise<Cluster> {
  const record = readRecord();
  const images = await buildImages(cluster.stores.images, onProgress);
  if (record?.ready !== undefined) writeRecord({ ...record, ready: { ...record.ready, images } });
  return { ...cluster, images };
}

/** Whoever needs another process to be gone stops after it. */
const stopOrder = [
  "kube-proxy",
  "kubelet",
  "pods",
  "kube-scheduler",
  "kube-controller-manager",
  "kube-apiserver",
  "etcd",
];

/** Ends everything and takes every trace away; safe to repeat, and after a crash. */
export async function down(onProgress: Progress): Promise<void> {
  const record = readRecord();
  if (record === undefined) return rmSync(clusterFolder, { recursive: true, force: true });
  onProgress("ending the cluster");
  for (const name of stopOrder) {
    if (name === "pods") await endPods();
    else await stop(record, name);
  }
  for (const { name } of record.processes.toReversed()) await stop(record, name);
  await unmountAll();
  if (record.network !== undefined) await restoreNetwork(record.network);
  rmSync(clusterFolder, { recursive: true, force: true });
}

async function stop({ processes }: ClusterRecord, name: string): Promise<void> {
  const found = processes.find((process) => process.name === name);
  if (found !== undefined) await stopProcess(found);
}

async function endPods(): Promise<void> {
  if (!existsSync(containerdSocket)) return;
  const ctr = ["--address", containerdSocket, "--namespace", "k8s.io", "tasks"];
  const tasks = (await tryRun("ctr", [...ctr, "list", "--quiet"])).split("\n").filter((id) => id !== "");
  await Promise.all(tasks.map((id) => tryRun("ctr", [...ctr, "delete", "--force", id])));
}

/** The deepest first. */
async function unmountAll(): Promise<void> {
  const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n");
  const ours = mounts.map((line) => line.split(" ")[1] ?? "").filter((path) => path.startsWith(`${clusterFolder}/`));
  for (const path of ours.toReversed()) await tryRun("umount", ["-l", path]);
}

/** Kills a process of the running cluster, as a crash would. */
export function crash(name: string): void {
  const found = readRecord()?.processes.find((process) => process.name === name);
  if (found === undefined || !signal(found, "SIGKILL")) throw new Error(`${name} does not run`);
}

/** Starts a process that was crashed, as it was started before. */
export function restart(name: string): void {
  const record = readRecord();
  const found = record?.processes.find((process) => process.name === name);
  if (record === undefined || found === undefined) throw new Error(`the cluster has no ${name}`);
  if (!isAlive(found)) starter(record)(found.program);
}
