/** The platform that a command talks to: the embedded one of a data folder, or a cluster. */

import type { Command } from "commander";
import { type ConnectOptions, connect, type KubernetesClient } from "../../kubernetes/client.ts";
import { type DataFolder, folderPaths, isDataFolder, readFolder } from "../../local/platform/folder.ts";
import { type PlatformRecord, readRecord, stateOf } from "../../local/platform/record.ts";
import { hint } from "../invocation.ts";
import { note } from "../output.ts";
import { type Choice, chooseTarget, type Wishes } from "./choose.ts";
import { clusterConnection } from "./cluster.ts";
import { wishesOf } from "./options.ts";

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
}

export type Target = EmbeddedTarget | ClusterTarget;

export class NotRunning extends Error {
  constructor(path: string, passedOver?: string) {
    const other =
      passedOver === undefined ? "" : `; the cluster of KUBECONFIG is asked with --kubeconfig ${passedOver}`;
    super(`no platform runs on ${path}; start one with: ${hint("up")} (or name its folder with --data-dir)${other}`);
    this.name = "NotRunning";
  }
}

export class NotAnswering extends Error {
  constructor(path: string, pid: number | undefined) {
    const process = pid === undefined ? "its process" : `process ${pid}`;
    super(
      `the platform on ${path} does not answer, but ${process} is there: it is starting, stopped (Ctrl-Z) or hangs; its log is in ${path}/logs`,
    );
    this.name = "NotAnswering";
  }
}

/** The platform that the command line, the data folders and the environment name. Changes nothing anywhere. */
export function findTarget(command: Command): Promise<Target> {
  return openTarget(wishesOf(command));
}

export async function openTarget(wishes: Wishes): Promise<Target> {
  const choice = chooseTarget(wishes, {
    KUBECONFIG: process.env.KUBECONFIG,
    isDataFolder,
  });
  return choice.kind === "embedded" ? openEmbedded(choice) : openCluster(choice);
}

/** @throws NotRunning, NotAnswering */
export async function openEmbedded({ path, passedOver }: Omit<Choice & { kind: "embedded" }, "kind">) {
  const paths = folderPaths(path);
  const record = readRecord(paths);
  const folder = readFolder(path);
  const state = folder === undefined ? "ended" : await stateOf(folder);
  if (state === "silent") throw new NotAnswering(paths.path, record?.pid);
  if (record === undefined || folder === undefined || state === "ended") throw new NotRunning(paths.path, passedOver);
  const client = connect({ url: record.kubernetesUrl, token: folder.token });
  const other = passedOver === undefined ? {} : { passedOver };
  return { kind: "embedded", client, folder, record, ...other } satisfies EmbeddedTarget;
}

async function openCluster({ kubeconfig, context, from }: Choice & { kind: "cluster" }): Promise<ClusterTarget> {
  const cluster = await clusterConnection(kubeconfig, context);
  return { kind: "cluster", client: connect(cluster.connection), ...cluster, from };
}

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
