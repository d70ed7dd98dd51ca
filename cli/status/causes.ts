/** Why the pods of what waits do not run: from the pods and events of its Job, Deployment or StatefulSet. */

import type { JobBuilder } from "../../api/workers/job-builder.ts";
import type { WorkerBundle } from "../../api/workers/worker-bundle.ts";
import { causesOf, type DiagnosedObject } from "../../kubernetes/diagnosis.ts";
import type { Target } from "../target/target.ts";
import type { Driven } from "./waiting.ts";

/** As sentences; none on the embedded platform, whose conditions say everything. */
export async function causesOfWaiting(object: Driven, target: Target): Promise<string[]> {
  const workload = workloadOf(object);
  if (target.kind === "embedded" || workload === undefined) return [];
  const causes = await causesOf(target.client, workload);
  return causes.map(({ reason, message }) => `${reason}: ${message}`);
}

function workloadOf(object: Driven): DiagnosedObject | undefined {
  const { namespace = "", name } = object.metadata;
  if (object.kind.startsWith("Buildbarn"))
    return { kind: object.kind === "BuildbarnStorage" ? "StatefulSet" : "Deployment", namespace, name };
  if (object.kind === "WorkerBundle")
    return { kind: "Deployment", namespace, name: (object as unknown as WorkerBundle).spec.deploymentName };
  const job = object.kind === "JobBuilder" ? (object as unknown as JobBuilder).status?.job : undefined;
  return job === undefined ? undefined : { kind: "Job", namespace, name: job };
}
