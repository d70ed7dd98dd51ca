/** A real Kubernetes API without nodes: etcd, API server, controller manager, on free ports in a temporary folder. */

import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type KubernetesClient } from "../../kubernetes/client.ts";
import { type Authority, createAuthority, tokenKeys } from "../cluster/harness/certificates.ts";
import { kubeconfig } from "../cluster/harness/kubeconfig.ts";
import { freePorts } from "../cluster/harness/ports.ts";
import { run } from "../cluster/harness/run.ts";
import { auditPolicy, writesIn } from "./audit.ts";
import { type Part, startPart } from "./part.ts";

export interface ControlPlane {
  /** As an administrator. */
  client: KubernetesClient;
  /** Path of a kubeconfig for a user who may do what RBAC gives that name. */
  userConfig(user: string): Promise<string>;
  /**
   * Starts these controllers, all by default. To be called when the kinds are installed: the garbage collector looks
   * for later ones only twice a minute.
   */
  startControllers(names?: readonly string[]): Promise<void>;
  /** `<verb> <path> <status>` of every write of that user, but for Events: what the API server says. */
  writesOf(user: string): string[];
  /** For logs; it is deleted with the control plane. */
  folder: string;
  /** Kills it and starts it again, at the same address. */
  restartApiServer(): Promise<void>;
  close(): Promise<void>;
}

/** Path of one program that is all of Kubernetes. Tests that need it are skipped without. */
export const kubernetesBinary = process.env.TEST_KUBERNETES_BIN;

const host = "127.0.0.1";

/** @throws Error with the last lines of the log of the part that does not come up. */
export async function startControlPlane(binary: string): Promise<ControlPlane> {
  const folder = mkdtempSync(join(tmpdir(), "control-plane-"));
  const parts: Part[] = [];
  const start = (name: string, args: string[]) => {
    const part = startPart(folder, name, binary, [name, ...args]);
    parts.push(part);
    return part;
  };

  async function close(): Promise<void> {
    for (const part of parts.toReversed()) await part.end();
    rmSync(folder, { recursive: true, force: true });
  }

  try {
    const authority = await createAuthority("control-plane");
    const [etcdPort, peerPort] = await freePorts(2, host);
    const port = await lastingPort();
    const etcd = `http://${host}:${etcdPort}`;
    const url = `https://${host}:${port}`;
    const configOf = (user: string, group?: string) => userConfig(folder, authority, url, user, group);
    const admin = await configOf("admin", "system:masters");
    const client = connect({ kubeconfig: admin });
    const answers = (path: string) => async () => {
      await run(binary, ["kubectl", "--kubeconfig", admin, "get", "--raw", path], { timeoutMs: 5_000 });
      return true;
    };

    async function startApiServer(): Promise<Part> {
      const part = start("kube-apiserver", apiServerArgs(folder, etcd, port));
      await part.ready(answers("/readyz"));
      return part;
    }

    start("etcd", etcdArgs(folder, etcd, `http://${host}:${peerPort}`));
    await writeCredentials(folder, authority);
    let apiServer = await startApiServer();

    return {
      client,
      folder,
      userConfig: configOf,
      writesOf: (user) => writesIn(join(folder, "audit.log"), user),
      async startControllers(names = ["*"]) {
        const config = await configOf("system:kube-controller-manager");
        const manager = start("kube-controller-manager", controllerManagerArgs(folder, config, names));
        await manager.ready(answers("/api/v1/namespaces/default/serviceaccounts/default"));
      },
      async restartApiServer() {
        parts.splice(parts.indexOf(apiServer), 1);
        await apiServer.end();
        apiServer = await startApiServer();
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Free, and not one that the kernel gives to clients: while the API server is away, one of them might get its port.
 */
async function lastingPort(): Promise<number> {
  const port = 20_000 + randomInt(10_000);
  const server = createServer();
  const isFree = await new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false)).listen(port, host, () => resolve(true));
  });
  if (!isFree) return lastingPort();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function etcdArgs(folder: string, url: string, peerUrl: string): string[] {
  return [
    `--data-dir=${join(folder, "etcd")}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=default=${peerUrl}`,
    "--log-level=warn",
    "--unsafe-no-fsync",
  ];
}

function apiServerArgs(folder: string, etcd: string, port: number): string[] {
  const file = (name: string) => join(folder, name);
  return [
    `--etcd-servers=${etcd}`,
    `--bind-address=${host}`,
    `--advertise-address=${host}`,
    `--secure-port=${port}`,
    `--tls-cert-file=${file("server.crt")}`,
    `--tls-private-key-file=${file("server.key")}`,
    `--client-ca-file=${file("ca.crt")}`,
    `--service-account-key-file=${file("sa.pub")}`,
    `--service-account-signing-key-file=${file("sa.key")}`,
    "--service-account-issuer=https://kubernetes.default.svc",
    "--service-cluster-ip-range=10.96.0.0/12",
    "--authorization-mode=RBAC",
    "--allow-privileged=true",
    // Managed clusters often have it, and what it asks of controllers is easily forgotten without it.
    "--enable-admission-plugins=OwnerReferencesPermissionEnforcement",
    "--endpoint-reconciler-type=none",
    `--audit-policy-file=${file("audit-policy.yaml")}`,
    `--audit-log-path=${file("audit.log")}`,
  ];
}

function controllerManagerArgs(folder: string, config: string, controllers: readonly string[]): string[] {
  return [
    `--kubeconfig=${config}`,
    `--controllers=${controllers.join()}`,
    `--service-account-private-key-file=${join(folder, "sa.key")}`,
    `--root-ca-file=${join(folder, "ca.crt")}`,
    "--use-service-account-credentials",
    "--leader-elect=false",
    "--secure-port=0",
  ];
}

async function writeCredentials(folder: string, authority: Authority): Promise<void> {
  const write = (name: string, content: string) => writeFileSync(join(folder, name), content, { mode: 0o600 });
  const serving = await authority.issue({ commonName: "kube-apiserver", names: ["localhost", host] });
  const tokens = tokenKeys();
  write("audit-policy.yaml", auditPolicy);
  write("ca.crt", authority.certificate);
  write("server.crt", serving.certificate);
  write("server.key", serving.key);
  write("sa.pub", tokens.publicKey);
  write("sa.key", tokens.privateKey);
}

/** Path of a kubeconfig with a client certificate for the user. */
async function userConfig(folder: string, authority: Authority, url: string, user: string, group?: string) {
  const pair = await authority.issue({ commonName: user, ...(group && { organization: group }) });
  const path = join(folder, `${user.replaceAll(":", "-")}.kubeconfig`);
  writeFileSync(path, kubeconfig({ url, authority: authority.certificate, ...pair }), { mode: 0o600 });
  return path;
}
