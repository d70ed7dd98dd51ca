/** Resources of a farm one after the other, as users change them, with what their hooks see beside them. */

import type { KubernetesObject } from "../../api/resource.ts";
import type { Settings } from "../../hooks/composites.ts";
import { browser, frontend, scheduler, storage, worker } from "../objects/buildbarn.ts";
import { settings } from "../objects/workers.ts";

export interface Variant {
  what: string;
  parent: KubernetesObject;
  settings: Settings;
}

const registry = { name: "ghcr.io/buildbarn/bb-storage", newName: "registry.test/bb-storage" };
const elsewhere: Settings = { ...settings, buildbarn: { clusterDomain: "cluster.local", images: [registry] } };

const pods = {
  imagePullSecrets: [{ name: "pull" }],
  resources: { requests: { cpu: "0.5", memory: "1.5Gi" }, limits: { cpu: "1000m", memory: "2048Mi" } },
  nodeSelector: { disk: "" },
  tolerations: [{ key: "dedicated", operator: "Equal", value: "builds", effect: "NoSchedule" }],
  priorityClassName: "high",
  podAnnotations: { "example.com/note": "" },
  spread: { topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule" },
  probes: { periodSeconds: 3, timeoutSeconds: 1, failureThreshold: 2, startupSeconds: 15 },
  terminationGracePeriodSeconds: 0,
  disruptionBudget: { maxUnavailable: 0 },
};
const { disruptionBudget: _, ...schedulerPods } = pods;
const empty = { image: "", configMapName: "", imagePullSecrets: [], resources: {}, nodeSelector: {}, tolerations: [] };
const ingress = { host: "farm.test", className: "nginx", tlsSecretName: "tls", annotations: { "a.test/b": "" } };
const tls = { secretName: "tls", clientCertificates: true };
const claims = [
  {
    metadata: { name: "cas", labels: { tier: "fast" } },
    spec: { accessModes: ["ReadWriteOncePod"], resources: { requests: { storage: "40960Mi" } } },
  },
];

type Specs = Record<string, object>;
type Maker = (spec: object, metadata?: object) => KubernetesObject;

const everywhere: Specs = { "as it is": {}, "with pods of another kind": pods, "with empty texts and lists": empty };

const kinds: [Maker, Specs][] = [
  [
    storage as Maker,
    {
      ...everywhere,
      "with more shards and other sizes": { replicas: 4, volumes: { cas: { size: "2Ti", storageClassName: "fast" } } },
      "whose volumes go with it": { volumeRetention: { whenDeleted: "Delete", whenScaled: "Delete" } },
      "behind TLS": { tls },
    },
  ],
  [
    scheduler as Maker,
    {
      "as it is": {},
      "with pods of another kind": schedulerPods,
      "with empty texts and lists": empty,
      "with an Ingress": { ingress, serviceType: "NodePort" },
      "without pods": { replicas: 0 },
    },
  ],
  [frontend as Maker, { ...everywhere, "for everybody": { serviceType: "LoadBalancer", tls, replicas: 0 } }],
  [browser as Maker, { ...everywhere, "with an Ingress": { ingress }, "with a host": { ingressHost: "pages.test" } }],
  [
    worker as Maker,
    {
      ...everywhere,
      "of another instance": { instance: "debian12", minReadySeconds: 5, runnerResources: pods.resources },
      "with FUSE": { buildDirectory: { type: "FUSE", volumeSize: "0.5Ti" } },
      "with an autoscaler": { autoscaling: { maxReplicas: 3, actionsPerReplica: 1500, metricLabels: { pool: "" } } },
      "of the version before": { version: "2025-08" },
    },
  ],
];

/** Volumes in the form of the original, which a StatefulSet never changes. */
const claimed: Variant = {
  what: "a BuildbarnStorage with volumes of the user",
  parent: storage({ volumeClaimTemplates: claims } as never, { name: "claimed", uid: "uid-claimed" } as never),
  settings,
};

export const variants: Variant[] = [
  ...kinds.flatMap(([maker, specs]) =>
    Object.entries(specs).flatMap(([what, spec]) =>
      [settings, elsewhere].map((own) => {
        const parent = maker(spec);
        const where = own === settings ? "" : ", from another registry";
        return { what: `a ${parent.kind} ${what}${where}`, parent, settings: own };
      }),
    ),
  ),
  claimed,
];

/** One of each kind: whom the hooks find. */
export const siblings: readonly KubernetesObject[] = [storage(), scheduler(), frontend(), browser(), worker()];
