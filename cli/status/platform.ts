/** Whether a cluster's own installation is well: when its programs do not run, nothing else gets on. */

import { Deployment } from "../../api/builtin.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { causesOf } from "../../kubernetes/diagnosis.ts";
import { isForbidden } from "../forbidden.ts";
import { driverNamespace, platformNamespace } from "../installation.ts";
import type { Target } from "../target/target.ts";
import { nameOfObject, type Waiting } from "./waiting.ts";

/** The programs that are not available. Empty for who may not look, and on the embedded platform: it is one process. */
export async function platformWaiting(target: Target): Promise<Waiting[]> {
  if (target.kind === "embedded") return [];
  const { client } = target;
  const lists = await Promise.all([platformNamespace, driverNamespace].map((name) => deployments(client, name)));
  return Promise.all(
    lists
      .flat()
      .filter((deployment) => !isAvailable(deployment))
      .map((deployment) => waitingOf(client, deployment)),
  );
}

async function deployments(client: KubernetesClient, namespace: string): Promise<Deployment[]> {
  return client.list(Deployment, { namespace }).then(
    ({ items }) => items,
    (error: unknown) => {
      if (isForbidden(error)) return [];
      throw error;
    },
  );
}

function isAvailable({ spec, status }: Deployment): boolean {
  return (status?.availableReplicas ?? 0) >= (spec?.replicas ?? 1);
}

async function waitingOf(client: KubernetesClient, deployment: Deployment): Promise<Waiting> {
  const { namespace = "", name } = deployment.metadata;
  const causes = await causesOf(client, { kind: "Deployment", namespace, name });
  const { availableReplicas = 0 } = deployment.status ?? {};
  return {
    ...nameOfObject(deployment),
    reason: "Unavailable",
    message: `a part of the platform itself: ${availableReplicas} of ${deployment.spec?.replicas ?? 1} pods are available`,
    affects: [],
    ...(causes.length === 0 ? {} : { causes: causes.map(({ reason, message }) => `${reason}: ${message}`) }),
  };
}
