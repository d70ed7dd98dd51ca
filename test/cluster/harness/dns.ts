/** CoreDNS beside the cluster, as the Service that pods ask. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Start } from "./control-plane.ts";
import { adminKubeconfig, clusterFolder } from "./folders.ts";
import { contextName } from "./kubeconfig.ts";
import { dnsServiceAddress, nodeAddress } from "./network.ts";
import { freePorts } from "./ports.ts";
import { endedEarly } from "./processes.ts";
import { waitFor } from "./wait.ts";

const port = 53;

export interface DnsOptions {
  binary: string;
  kubectl(args: readonly string[], input?: string): Promise<string>;
  start: Start;
}

export async function startDns({ binary, kubectl, start }: DnsOptions): Promise<void> {
  const [health = 0, ready = 0] = await freePorts(2, nodeAddress);
  const config = join(clusterFolder, "Corefile");
  writeFileSync(config, corefile(health, ready));
  const dns = start({ name: "coredns", command: binary, args: ["-conf", config] });
  await kubectl(["apply", "-f", "-"], JSON.stringify(service));
  await waitFor(async () => (await fetch(`http://${nodeAddress}:${ready}/ready`)).ok, {
    what: "DNS",
    unless: () => endedEarly(dns),
  });
}

function corefile(health: number, ready: number): string {
  return `.:${port} {
  bind ${nodeAddress}
  errors
  health ${nodeAddress}:${health}
  ready ${nodeAddress}:${ready}
  kubernetes cluster.local in-addr.arpa {
    kubeconfig ${adminKubeconfig} ${contextName}
    pods insecure
    ttl 1
  }
  forward . /etc/resolv.conf
  cache 2 cluster.local
  loop
}
`;
}

const metadata = { name: "kube-dns", namespace: "kube-system" };
const ports = ["UDP", "TCP"].map((protocol) => ({ name: `dns-${protocol.toLowerCase()}`, protocol, port }));

/** Without a selector: the one endpoint is not a pod. */
const service = {
  apiVersion: "v1",
  kind: "List",
  items: [
    { apiVersion: "v1", kind: "Service", metadata, spec: { clusterIP: dnsServiceAddress, ports } },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { ...metadata, labels: { "kubernetes.io/service-name": "kube-dns" } },
      addressType: "IPv4",
      endpoints: [{ addresses: [nodeAddress], conditions: { ready: true } }],
      ports,
    },
  ],
};
