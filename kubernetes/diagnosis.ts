/**
 * Why a workload does not get on: what `kubectl describe` of the workload, its ReplicaSets and its pods would show,
 * reduced to what somebody has to mend. It looks at what is there now and remembers nothing.
 */

import type { KubernetesClient } from "./client.ts";
import { type Cause, causeOf, distinct } from "./diagnosis/cause.ts";
import {
  deploymentFindings,
  isComplete,
  jobFindings,
  refusedFindings,
  replicaSetFindings,
  statefulSetFindings,
} from "./diagnosis/controller.ts";
import { orphanFindings, podFindings } from "./diagnosis/pod.ts";
import { type DiagnosedObject, observe } from "./diagnosis/workload.ts";
import type { CallOptions } from "./transport.ts";

export type { Cause } from "./diagnosis/cause.ts";
export type { DiagnosedObject } from "./diagnosis/workload.ts";

/**
 * What keeps the object from what it should do: the newest pod's reasons first, the most specific of them in front, then
 * those of its controllers; empty when nothing is wrong, or nothing that can be seen. What the caller may not read, and
 * what is not there, is left out. @throws KubernetesError when the API server cannot be asked
 */
export async function causesOf(
  client: KubernetesClient,
  target: DiagnosedObject,
  options: CallOptions = {},
): Promise<Cause[]> {
  const workload = await observe(client, target, options);
  if (isComplete(workload.job)) return [];
  const findings = [
    ...workload.pods.flatMap((pod) => podFindings(pod, workload.events)),
    ...orphanFindings(workload),
    ...replicaSetFindings(workload),
    ...deploymentFindings(workload),
    ...jobFindings(workload),
    ...statefulSetFindings(workload),
    ...refusedFindings(workload),
  ];
  return distinct(findings).map((finding) => causeOf(finding, target.namespace));
}
