/**
 * What the hooks send is stored by a real API server as it was sent, or with fields beside it that nobody takes away
 * again: a further sync writes nothing. Each variant follows on the one before, as changes of an account or a farm do.
 */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  ConfigMap,
  Deployment,
  HorizontalPodAutoscaler,
  Ingress,
  Job,
  Namespace,
  NetworkPolicy,
  PodDisruptionBudget,
  Service,
  StatefulSet,
} from "../../api/builtin.ts";
import type { KubernetesObject, Resource } from "../../api/resource.ts";
import type { JobBuilder } from "../../api/workers/job-builder.ts";
import type { WorkerBundle } from "../../api/workers/worker-bundle.ts";
import { type AnyComposite, composites, type Settings } from "../../hooks/composites.ts";
import { merged, withLastApplied } from "../../local/driver/apply.ts";
import type { AnyObject } from "../../local/driver/json.ts";
import { credentials, jobBuilder, namespace, now, settings, workerBundle } from "../objects/workers.ts";
import { type ControlPlane, kubernetesBinary, startControlPlane } from "../worlds/control-plane.ts";
import { siblings, variants } from "./farm-variants.ts";
import { ask, owned, worldOf } from "./metacontroller.ts";

const resources = [
  ConfigMap,
  Deployment,
  HorizontalPodAutoscaler,
  Ingress,
  Job,
  NetworkPolicy,
  PodDisruptionBudget,
  Service,
  StatefulSet,
] as readonly Resource[];

const network: Settings["network"] = {
  dns: { cidrs: ["192.0.2.53/32"], port: 1053 },
  ingressFrom: { namespaces: ["traefik"], cidrs: ["192.0.2.1/32", "2001:db8::1/128"] },
};
const secured: Settings = { ...settings, credentials, network, workerMemory: "1024Mi" };

type Bundle = WorkerBundle["spec"];
const image = "images.test/workers/acme:1";
const pods = (over: Partial<Bundle["podTemplate"]>): Partial<Bundle> => ({ podTemplate: { image, ...over } });
const workers: Bundle["workers"] = [
  { workerName: "b", workerNumber: 8080, envPrefix: "B_", secretRef: "s", secretRevision: "7" },
  { workerName: "c", workerNumber: 8081, secretRef: "t", host: "c.acme.workers.test" },
];

const bundles: [string, Partial<Bundle>, Settings][] = [
  ["as they are", {}, settings],
  ["with credentials and other neighbours", {}, secured],
  ["with other workers, one of them removed", { workers, sockets: ["s-removed"] }, secured],
  ["without a public address", { workers: workers.slice(0, 1) }, settings],
  ["with quantities as people write them", pods({ resources: { limits: { cpu: "0.5", memory: "1.5Gi" } } }), settings],
  ["with requests alone", pods({ resources: { requests: { cpu: "1000m", memory: "1024Mi" } } }), secured],
  ["with an autoscaler", pods({ autoscaling: { maxReplicas: 3 } }), settings],
  ["with a place of their own", pods({ priorityClassName: "high", nodeSelector: { disk: "" }, replicas: 0 }), settings],
  ["with a pull secret of their own", pods({ imagePullSecret: "mine" }), secured],
  [
    "with empty texts and maps, as in the original",
    pods({ imagePullSecret: "", resources: {}, nodeSelector: {} }),
    settings,
  ],
  [
    "behind TLS",
    { ingress: { className: "nginx", tlsSecretName: "tls", annotations: { "cert-manager.io/cluster-issuer": "x" } } },
    settings,
  ],
  ["without draining", {}, { ...settings, drainSeconds: 0 }],
];

function byHand(): JobBuilder {
  const { accounts: _, workers: __, runtimeBase: ___, ...spec } = jobBuilder().spec;
  return { ...jobBuilder({}, { name: "by-hand" }), spec };
}
const builds: [string, JobBuilder, Settings][] = [
  ["of an account", jobBuilder(), settings],
  ["with credentials", jobBuilder({}, { name: "secured" }), secured],
  ["by hand", byHand(), settings],
];

/** The built-in children that a parent has when nothing else is there. */
function childrenOf(parent: KubernetesObject, own: Settings): AnyObject[] {
  const composite = composites.find(({ parent: { kind } }) => kind === parent.kind) as AnyComposite;
  const { children } = ask(composite, worldOf(composite, parent as AnyObject, []), own, now);
  return children as AnyObject[];
}

const reason = kubernetesBinary === undefined ? " (skipped: TEST_KUBERNETES_BIN names no program)" : "";

describe.skipIf(kubernetesBinary === undefined)(`a real API server${reason}`, { timeout: 60_000 }, () => {
  let plane: ControlPlane;

  beforeAll(async () => {
    plane = await startControlPlane(kubernetesBinary ?? "");
    await plane.client.create(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  }, 60_000);
  afterAll(() => plane?.close());

  function resourceOf({ kind }: AnyObject): Resource<AnyObject> {
    return resources.find((resource) => resource.kind === kind) as Resource<AnyObject>;
  }

  /** As Metacontroller writes it. */
  async function write(desired: AnyObject): Promise<AnyObject> {
    const resource = resourceOf(desired);
    const stored = await plane.client.get(resource, desired.metadata);
    if (stored === undefined) return plane.client.create(resource, withLastApplied(desired, desired));
    return plane.client.replace(resource, merged(stored, desired));
  }

  /** Another sync finds that there is nothing to write. */
  async function expectRest(desired: AnyObject): Promise<void> {
    const stored = await write(desired);
    expect(merged(stored, desired)).toEqual(stored);
    const again = await plane.client.replace(resourceOf(desired), merged(stored, desired));
    expect(again.metadata.resourceVersion).toBe(stored.metadata.resourceVersion);
  }

  async function storedObjects(): Promise<AnyObject[]> {
    const lists = await Promise.all(resources.map((resource) => plane.client.list(resource, { namespace })));
    return lists.flatMap(({ items }) => items as AnyObject[]);
  }

  /** What a hook answers when it sees what it has stored is what is stored. */
  async function expectFixedPoint(parent: AnyObject, own: Settings): Promise<void> {
    const composite = composites.find(({ parent: { kind } }) => kind === parent.kind) as AnyComposite;
    const others = siblings.filter(({ kind }) => kind !== parent.kind) as AnyObject[];
    const desired = async () => {
      const objects = [parent, ...others, ...(await storedObjects())];
      const { children } = ask(composite, worldOf(composite, parent, objects), own, now);
      return children.map((child) => owned(child as AnyObject, parent));
    };
    for (const child of await desired()) await write(child);
    const again = await desired();
    expect(again.length).toBeGreaterThan(2);
    for (const child of again) {
      const stored = await plane.client.get(resourceOf(child), child.metadata);
      expect(merged(stored as AnyObject, child)).toEqual(stored);
      await expectRest(child);
    }
  }

  test.each(variants)("takes the children of $what, and its hook agrees", async ({ parent, settings: own }) => {
    await expectFixedPoint(parent as AnyObject, own);
  });

  test.each(bundles)("takes the children of a bundle %s", async (_, over, own) => {
    for (const child of childrenOf(workerBundle(over), own)) await expectRest(child);
  });

  test.each(builds)("takes the children of a build %s", async (_, builder, own) => {
    for (const child of childrenOf(builder, own)) await expectRest(child);
  });
});
