/** The account of the scenario, as its user writes it. */

import { accountLabel } from "../../api/workers/fields.ts";
import type { WorkerAccount } from "../../api/workers/worker-account.ts";
import { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import type { KubernetesClient, MergePatch } from "../../kubernetes/client.ts";

export const namespace = "acme";
export const account = { namespace, name: "acme" };
export const bundle = { namespace, name: "acme-bundle" };

export const workerAccount: WorkerAccount = {
  apiVersion: "api.cf-worker/v1",
  kind: "WorkerAccount",
  metadata: account,
  spec: {
    workerBundleName: bundle.name,
    workerReleaseSelector: { matchLabels: { tier: "workers" } },
    podTemplate: { imagePullSecret: "", autoscaling: { maxReplicas: 3 } },
  },
};

export function script(name: string): WorkerDeployment {
  return {
    apiVersion: "api.cf-worker/v1",
    kind: "WorkerDeployment",
    metadata: { namespace, name, labels: { [accountLabel]: account.name } },
    spec: { template: { scriptName: name, compatibilityDate: "2026-01-01", scriptsUrls: [fileOf(name, "first")] } },
  };
}

function fileOf(script: string, version: string): string {
  return `accounts/${account.name}/scripts/${script}/${version}.js`;
}

/** A new version of a script. */
export function change(client: KubernetesClient, name: string, version: string) {
  const spec = { template: { scriptsUrls: [fileOf(name, version)] } } as MergePatch<WorkerDeployment["spec"]>;
  return client.mergePatch(WorkerDeployment, { namespace, name }, { spec });
}
