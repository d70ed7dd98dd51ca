/** How a bundle is kept apart: the NetworkPolicy of its pods, which run tenants' code. */

import type { NetworkPolicyPeer } from "kubernetes-types/networking/v1.js";
import { NetworkPolicy } from "../../api/builtin.ts";
import { socketName } from "../../api/workers/names.ts";
import type { WorkersSettings } from "../../api/workers/settings.ts";
import type { WorkerBundle } from "../../api/workers/worker-bundle.ts";
import { childOf } from "../kube/object.ts";
import { selectorOf, workersOf } from "./worker-bundle.deployment.ts";
import { metadataOf } from "./worker-bundle.network.ts";

/** Addresses of cluster, nodes and neighbours, which tenants' code has no business to call. */
const privateRanges = ["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"];
/** Unique local, link-local, and IPv4 addresses behind a gateway of one's own (RFC 4193, 4291, 8215). */
const privateRanges6 = ["64:ff9b:1::/48", "fc00::/7", "fe80::/10"];

const systemNamespace = "octoplane-system";
/** Every namespace has its name in this label; nobody can write another one there. */
const nameLabel = "kubernetes.io/metadata.name";

function inNamespace(name: string): NetworkPolicyPeer {
  return { namespaceSelector: { matchLabels: { [nameLabel]: name } } };
}

function inBlocks(cidrs: readonly string[] = []): NetworkPolicyPeer[] {
  return cidrs.map((cidr) => ({ ipBlock: { cidr } }));
}

/** Never empty: that would mean everybody. */
function callers({ network = {} }: WorkersSettings): NetworkPolicyPeer[] {
  const { namespaces = [systemNamespace], cidrs } = network.ingressFrom ?? {};
  return [...namespaces.map(inNamespace), ...inBlocks(cidrs)];
}

function resolvers({ network = {} }: WorkersSettings) {
  const { namespace = "kube-system", podLabels = { "k8s-app": "kube-dns" }, cidrs, port = 53 } = network.dns ?? {};
  const pods = { ...inNamespace(namespace), podSelector: { matchLabels: podLabels } };
  return {
    to: [pods, ...inBlocks(cidrs)],
    ports: [
      { port, protocol: "UDP" as const },
      { port, protocol: "TCP" as const },
    ],
  };
}

const publicInternet = {
  to: [
    { ipBlock: { cidr: "0.0.0.0/0", except: privateRanges } },
    { ipBlock: { cidr: "::/0", except: privateRanges6 } },
  ],
};

/** In: requests from Ingress controllers to the workers' ports. Out: the public internet and name resolution. */
export function networkPolicyOf(bundle: WorkerBundle, settings: WorkersSettings): NetworkPolicy {
  const ports = workersOf(bundle).map(({ workerName }) => ({ port: socketName(workerName), protocol: "TCP" as const }));
  return childOf(bundle, NetworkPolicy, metadataOf(bundle), {
    spec: {
      podSelector: { matchLabels: selectorOf(bundle) },
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ from: callers(settings), ports }],
      egress: [publicInternet, resolvers(settings)],
    },
  });
}
