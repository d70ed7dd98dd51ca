import { describe, expect, test } from "vitest";
import { socketName } from "../../api/workers/names.ts";
import type { WorkersSettings } from "../../api/workers/settings.ts";
import { settings, workerBundle } from "../../test/objects/workers.ts";
import { networkPolicyOf } from "./worker-bundle.isolation.ts";

function policy(network?: WorkersSettings["network"]) {
  return networkPolicyOf(workerBundle(), network === undefined ? settings : { ...settings, network }).spec;
}

const inNamespace = (name: string) => ({
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
});

test("the policy is about the bundle's pods, in both directions", () => {
  expect(policy()).toMatchObject({
    podSelector: { matchLabels: { app: "acme-bundle" } },
    policyTypes: ["Ingress", "Egress"],
  });
});

describe("tenants' code is reached", () => {
  const from = (network?: WorkersSettings["network"]) => policy(network)?.ingress?.[0]?.from;

  test("at its own ports only", () => {
    expect(policy()?.ingress).toMatchObject([
      {
        ports: [
          { port: socketName("a"), protocol: "TCP" },
          { port: socketName("b"), protocol: "TCP" },
        ],
      },
    ]);
  });

  test.each<[string, WorkersSettings["network"] | undefined, unknown]>([
    ["from the platform's namespace", undefined, [inNamespace("octoplane-system")]],
    ["the same where only other things are said", { dns: {} }, [inNamespace("octoplane-system")]],
    [
      "from the namespaces of other controllers",
      { ingressFrom: { namespaces: ["ingress-nginx", "traefik"] } },
      [inNamespace("ingress-nginx"), inNamespace("traefik")],
    ],
    [
      "from addresses beside it",
      { ingressFrom: { cidrs: ["192.0.2.1/32"] } },
      [inNamespace("octoplane-system"), { ipBlock: { cidr: "192.0.2.1/32" } }],
    ],
  ])("%s", (_, network, expected) => {
    expect(from(network)).toEqual(expected);
  });
});

describe("tenants' code reaches", () => {
  test("the public internet, and no private address of either protocol", () => {
    expect(policy()?.egress?.[0]).toEqual({
      to: [
        {
          ipBlock: {
            cidr: "0.0.0.0/0",
            except: ["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"],
          },
        },
        { ipBlock: { cidr: "::/0", except: ["64:ff9b:1::/48", "fc00::/7", "fe80::/10"] } },
      ],
    });
  });

  const kubeDns = { ...inNamespace("kube-system"), podSelector: { matchLabels: { "k8s-app": "kube-dns" } } };

  test.each<[string, WorkersSettings["network"] | undefined, unknown[], number]>([
    ["the cluster's name resolution", undefined, [kubeDns], 53],
    [
      "resolvers that are no pods",
      { dns: { cidrs: ["192.0.2.53/32"], port: 1053 } },
      [kubeDns, { ipBlock: { cidr: "192.0.2.53/32" } }],
      1053,
    ],
    [
      "resolvers elsewhere",
      { dns: { namespace: "openshift-dns", podLabels: { app: "dns" }, port: 5353 } },
      [{ ...inNamespace("openshift-dns"), podSelector: { matchLabels: { app: "dns" } } }],
      5353,
    ],
  ])("%s, and nothing else there", (_, network, to, port) => {
    const ports = [
      { port, protocol: "UDP" },
      { port, protocol: "TCP" },
    ];
    expect(policy(network)?.egress?.[1]).toEqual({ to, ports });
    expect(policy(network)?.egress).toHaveLength(2);
  });
});
