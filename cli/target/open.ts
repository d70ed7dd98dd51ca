/** Finds and opens the platform that a command talks to. */

import type { Command } from "commander";
import { connect } from "../../kubernetes/client.ts";
import { folderPaths, isDataFolder, readFolder } from "../../local/platform/folder.ts";
import { readRecord, stateOf } from "../../local/platform/record.ts";
import { hint } from "../invocation.ts";
import { type Choice, chooseTarget, type Wishes } from "./choose.ts";
import { clusterConnection } from "./cluster.ts";
import { dataDirFlags } from "./flags.ts";
import { wishesOf } from "./options.ts";
import type { ClusterTarget, EmbeddedTarget, Target } from "./target.ts";

export class NotRunning extends Error {
  constructor(path: string, passedOver?: string) {
    const other =
      passedOver === undefined ? "" : `; the cluster of KUBECONFIG is asked with --kubeconfig ${passedOver}`;
    const up = hint(`up${dataDirFlags(path)}`);
    super(`no platform runs on ${path}; start one with: ${up} (or name its folder with --data-dir)${other}`);
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
async function openEmbedded({ path, passedOver }: Choice & { kind: "embedded" }): Promise<EmbeddedTarget> {
  const paths = folderPaths(path);
  const record = readRecord(paths);
  const folder = readFolder(path);
  const state = folder === undefined ? "ended" : await stateOf(folder);
  if (state === "silent") throw new NotAnswering(paths.path, record?.pid);
  if (record === undefined || folder === undefined || state === "ended") throw new NotRunning(paths.path, passedOver);
  const client = connect({ url: record.kubernetesUrl, token: folder.token });
  const other = passedOver === undefined ? {} : { passedOver };
  return { kind: "embedded", client, folder, record, ...other };
}

async function openCluster({ kubeconfig, context, from }: Choice & { kind: "cluster" }): Promise<ClusterTarget> {
  const cluster = await clusterConnection(kubeconfig, context);
  return { kind: "cluster", client: connect(cluster.connection), ...cluster, from, wanted: { kubeconfig, context } };
}
