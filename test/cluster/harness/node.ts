/** The machine as a node: containerd, kubelet, kube-proxy, and the network of its pods. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import type { ControlPlane, Start } from "./control-plane.ts";
import { clusterFolder } from "./folders.ts";
import { kubeconfig } from "./kubeconfig.ts";
import { dnsServiceAddress, nodeAddress, podBridge, podRange } from "./network.ts";
import { freePorts } from "./ports.ts";
import { endedEarly } from "./processes.ts";
import { run } from "./run.ts";
import { waitFor } from "./wait.ts";

export const nodeName = "octoplane-test";

const folder = join(clusterFolder, "node");
export const containerdSocket = join(folder, "containerd.sock");
const containerdConfig = join(folder, "containerd.toml");
/** One folder per registry, which containerd reads at each pull. */
const registryHosts = join(folder, "registries");
const networkConfig = join(folder, "cni");

export interface NodeOptions {
  binary: string;
  controlPlane: ControlPlane;
  /** `host:port` of registries that speak plain HTTP. */
  registries: readonly string[];
  /** Image that holds a pod's network namespace. */
  pauseImage: string;
  start: Start;
}

/** Resolves when the node is ready for pods. */
export async function startNode({ binary, controlPlane, registries, pauseImage, start }: NodeOptions): Promise<void> {
  for (const path of [folder, networkConfig]) mkdirSync(path, { recursive: true, mode: 0o700 });
  writeNetwork();
  for (const registry of registries) writeRegistry(registry);
  writeFileSync(containerdConfig, containerdToml(pauseImage));
  const containerd = start({ name: "containerd", command: "containerd", args: ["--config", containerdConfig] });
  await waitFor(() => run("ctr", ["--address", containerdSocket, "version"], { timeoutMs: 5_000 }), {
    what: "containerd",
    unless: () => endedEarly(containerd),
  });

  const kubelet = start({ name: "kubelet", command: binary, args: await kubeletArgs(controlPlane) });
  const proxy = start({ name: "kube-proxy", command: binary, args: await proxyArgs(controlPlane) });
  const ready = ["wait", "--for=condition=Ready", `node/${nodeName}`, "--timeout=1s"];
  const admin = join(clusterFolder, "kubeconfig");
  await waitFor(() => run(binary, ["kubectl", "--kubeconfig", admin, ...ready], { timeoutMs: 10_000 }), {
    what: "the node",
    everyMs: 100,
    unless: () => endedEarly(kubelet) ?? endedEarly(proxy),
  });
}

function writeNetwork(): void {
  const bridge = {
    type: "bridge",
    bridge: podBridge,
    isGateway: true,
    ipMasq: true,
    hairpinMode: true,
    ipam: {
      type: "host-local",
      dataDir: join(folder, "addresses"),
      ranges: [[{ subnet: podRange }]],
      routes: [{ dst: "0.0.0.0/0" }],
    },
  };
  const ports = { type: "portmap", capabilities: { portMappings: true } };
  const list = { cniVersion: "0.4.0", name: "octoplane-test", plugins: [bridge, ports] };
  writeFileSync(join(networkConfig, "10-pods.conflist"), JSON.stringify(list));
}

function writeRegistry(host: string): void {
  mkdirSync(join(registryHosts, host), { recursive: true });
  const server = `http://${host}`;
  const toml = `server = "${server}"\n[host."${server}"]\n  capabilities = ["pull", "resolve"]\n`;
  writeFileSync(join(registryHosts, host, "hosts.toml"), toml);
}

function containerdToml(pauseImage: string): string {
  return `version = 2
root = "${join(folder, "containerd")}"
state = "${join(folder, "containerd-state")}"
[grpc]
  address = "${containerdSocket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  # Containers of continuous integration may not lower it, and every sandbox would fail.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${networkConfig}"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "${registryHosts}"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
`;
}

function write(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

async function kubeletArgs({ authority, authorityFile, url }: ControlPlane): Promise<string[]> {
  const client = await authority.issue({ commonName: `system:node:${nodeName}`, organization: "system:nodes" });
  const serving = await authority.issue({ commonName: nodeName, names: [nodeName, nodeAddress] });
  const [port = 0] = await freePorts(1, nodeAddress);
  const config = {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address: nodeAddress,
    port,
    healthzPort: 0,
    authentication: {
      x509: { clientCAFile: authorityFile },
      webhook: { enabled: true },
      anonymous: { enabled: false },
    },
    authorization: { mode: "Webhook" },
    tlsCertFile: write("kubelet.crt", serving.certificate),
    tlsPrivateKeyFile: write("kubelet.key", serving.key),
    clusterDomain: "cluster.local",
    clusterDNS: [dnsServiceAddress],
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    cgroupDriver: "cgroupfs",
    failCgroupV1: false,
    failSwapOn: false,
    oomScoreAdj: 0,
    enforceNodeAllocatable: [],
    evictionHard: { "memory.available": "50Mi", "nodefs.available": "1%", "imagefs.available": "1%" },
    imageGCHighThresholdPercent: 100,
    serializeImagePulls: false,
    // Both tell sooner what became of a pod; small clusters can afford it.
    nodeStatusUpdateFrequency: "5s",
    syncFrequency: "10s",
    registerNode: true,
  };
  return [
    "kubelet",
    `--config=${write("kubelet.yaml", stringify(config))}`,
    `--kubeconfig=${write("kubelet.kubeconfig", kubeconfig({ url, authority: authority.certificate, ...client }))}`,
    `--hostname-override=${nodeName}`,
    `--node-ip=${nodeAddress}`,
    `--root-dir=${join(folder, "kubelet")}`,
  ];
}

async function proxyArgs({ authority, url }: ControlPlane): Promise<string[]> {
  const client = await authority.issue({ commonName: "system:kube-proxy" });
  const [metrics = 0, health = 0] = await freePorts(2, "127.0.0.1");
  const config = {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    mode: "nftables",
    // The default of a second is a second of connections to pods that are gone, at every rollout.
    nftables: { minSyncPeriod: "10ms" },
    conntrack: { maxPerCore: 0, min: 0 },
    clusterCIDR: podRange,
    hostnameOverride: nodeName,
    metricsBindAddress: `127.0.0.1:${metrics}`,
    healthzBindAddress: `127.0.0.1:${health}`,
    clientConnection: {
      kubeconfig: write("proxy.kubeconfig", kubeconfig({ url, authority: authority.certificate, ...client })),
    },
  };
  return ["kube-proxy", `--config=${write("proxy.yaml", stringify(config))}`];
}
