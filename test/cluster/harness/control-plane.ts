/** etcd, API server, controller manager and scheduler: a control plane like any other, with one of each. */

import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Authority, createAuthority, tokenKeys } from "./certificates.ts";
import { adminKubeconfig, clusterFolder } from "./folders.ts";
import { kubeconfig } from "./kubeconfig.ts";
import { apiServiceAddress, nodeAddress, serviceRange } from "./network.ts";
import { freePorts } from "./ports.ts";
import { endedEarly, type ProcessRecord, type Program } from "./processes.ts";
import { run } from "./run.ts";
import { waitFor } from "./wait.ts";

export interface ControlPlane {
  authority: Authority;
  /** Of the API server. */
  url: string;
  /** Path of a file with the authority's certificate. */
  authorityFile: string;
}

export type Start = (program: Program) => ProcessRecord;

const folder = join(clusterFolder, "control-plane");
const file = (name: string) => join(folder, name);

function write(name: string, content: string): string {
  writeFileSync(file(name), content, { mode: 0o600 });
  return file(name);
}

/**
 * @param binary the program that is all of Kubernetes
 * @param start  starts a process and remembers it
 */
export async function startControlPlane(binary: string, start: Start): Promise<ControlPlane> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const authority = await createAuthority("octoplane-test-cluster");
  const authorityFile = write("ca.crt", authority.certificate);
  write("ca.key", authority.key);
  const [etcdPort = 0, peerPort = 0, managerPort = 0, schedulerPort = 0] = await freePorts(4, "127.0.0.1");
  const [apiPort = 0] = await freePorts(1, nodeAddress);
  const url = `https://${nodeAddress}:${apiPort}`;
  const config = async (name: string, commonName: string, organization?: string) => {
    const pair = await authority.issue({ commonName, ...(organization && { organization }) });
    return write(name, kubeconfig({ url, authority: authority.certificate, ...pair }));
  };

  const etcd = `http://127.0.0.1:${etcdPort}`;
  start({ name: "etcd", command: binary, args: etcdArgs(etcd, `http://127.0.0.1:${peerPort}`) });
  await writeApiServerFiles(authority);
  const apiServer = start({ name: "kube-apiserver", command: binary, args: apiServerArgs(etcd, apiPort) });

  const admin = await config("admin.kubeconfig", "octoplane-test", "system:masters");
  copyFileSync(admin, adminKubeconfig);
  await waitFor(
    () => run(binary, ["kubectl", "--kubeconfig", admin, "get", "--raw", "/readyz"], { timeoutMs: 5_000 }),
    {
      what: "the API server",
      everyMs: 100,
      unless: () => endedEarly(apiServer),
    },
  );

  const manager = await config("controller-manager.kubeconfig", "system:kube-controller-manager");
  const scheduler = await config("scheduler.kubeconfig", "system:kube-scheduler");
  // Without it every build waits for a second that the Job controller spends gathering events.
  const env = { JOB_BATCH_PERIOD: "20ms" };
  start({ name: "kube-controller-manager", command: binary, args: controllerManagerArgs(manager, managerPort), env });
  start({ name: "kube-scheduler", command: binary, args: schedulerArgs(scheduler, schedulerPort) });
  return { authority, url, authorityFile };
}

function etcdArgs(url: string, peerUrl: string): string[] {
  return [
    "etcd",
    `--data-dir=${file("etcd")}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=default=${peerUrl}`,
    "--log-level=warn",
    // The cluster is deleted after a crash of the machine, so nothing needs to survive one.
    "--unsafe-no-fsync",
  ];
}

async function writeApiServerFiles(authority: Authority): Promise<void> {
  const service = ["kubernetes", "kubernetes.default", "kubernetes.default.svc"];
  const names = [
    ...service,
    `${service.at(-1)}.cluster.local`,
    "localhost",
    "127.0.0.1",
    apiServiceAddress,
    nodeAddress,
  ];
  const serving = await authority.issue({ commonName: "kube-apiserver", names });
  write("apiserver.crt", serving.certificate);
  write("apiserver.key", serving.key);
  const client = await authority.issue({ commonName: "kube-apiserver-kubelet-client", organization: "system:masters" });
  write("kubelet-client.crt", client.certificate);
  write("kubelet-client.key", client.key);
  const keys = tokenKeys();
  write("sa.pub", keys.publicKey);
  write("sa.key", keys.privateKey);
}

function apiServerArgs(etcd: string, port: number): string[] {
  return [
    "kube-apiserver",
    `--etcd-servers=${etcd}`,
    `--bind-address=${nodeAddress}`,
    `--advertise-address=${nodeAddress}`,
    `--secure-port=${port}`,
    `--tls-cert-file=${file("apiserver.crt")}`,
    `--tls-private-key-file=${file("apiserver.key")}`,
    `--client-ca-file=${file("ca.crt")}`,
    `--service-account-key-file=${file("sa.pub")}`,
    `--service-account-signing-key-file=${file("sa.key")}`,
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-cluster-ip-range=${serviceRange}`,
    "--authorization-mode=Node,RBAC",
    "--allow-privileged=true",
    // The second is on in managed clusters, and what it asks of controllers is easily forgotten without it.
    "--enable-admission-plugins=NodeRestriction,OwnerReferencesPermissionEnforcement",
    `--kubelet-client-certificate=${file("kubelet-client.crt")}`,
    `--kubelet-client-key=${file("kubelet-client.key")}`,
    // Otherwise logs and exec look the node's name up.
    "--kubelet-preferred-address-types=InternalIP",
  ];
}

function controllerManagerArgs(config: string, port: number): string[] {
  return [
    "kube-controller-manager",
    ...clientArgs(config, port),
    `--service-account-private-key-file=${file("sa.key")}`,
    `--root-ca-file=${file("ca.crt")}`,
    "--use-service-account-credentials",
    `--cluster-signing-cert-file=${file("ca.crt")}`,
    `--cluster-signing-key-file=${file("ca.key")}`,
  ];
}

function schedulerArgs(config: string, port: number): string[] {
  return ["kube-scheduler", ...clientArgs(config, port)];
}

function clientArgs(config: string, port: number): string[] {
  return [
    `--kubeconfig=${config}`,
    `--authentication-kubeconfig=${config}`,
    `--authorization-kubeconfig=${config}`,
    "--leader-elect=false",
    "--bind-address=127.0.0.1",
    `--secure-port=${port}`,
  ];
}
