/** The platform's own programs, for tests that take them away and bring them back. */

import { Deployment } from "../../api/builtin.ts";
import { platformNamespace } from "../../cli/installation.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { waitFor } from "./harness/wait.ts";

export const system = platformNamespace;

export interface Program {
  namespace: string;
  name: string;
}

export const hookServer: Program = { namespace: system, name: "octoplane-hooks" };
export const workersApi: Program = { namespace: system, name: "octoplane-workers-api" };
export const router: Program = { namespace: system, name: "octoplane-router" };
/** Metacontroller, or the driver in its place. */
export const driver: Program = { namespace: "metacontroller", name: "metacontroller" };

/** Resolves when exactly its wanted pods run, all of the newest template, and older ones have ended. */
export async function settled(client: KubernetesClient, program: Program): Promise<void> {
  const isSettled = async () => {
    const { metadata, spec, status = {} } = (await client.get(Deployment, program)) ?? {};
    const wanted = spec?.replicas ?? 1;
    const { replicas = 0, updatedReplicas = 0, availableReplicas = 0, terminatingReplicas = 0 } = status;
    const isCurrent = status.observedGeneration === metadata?.generation && terminatingReplicas === 0;
    return isCurrent && [replicas, updatedReplicas, availableReplicas].every((count) => count === wanted);
  };
  await waitFor(isSettled, { what: program.name, timeoutMs: 120_000, everyMs: 250 });
}

/** Resolves when it has no pod. @returns what brings it back */
export async function takeAway(client: KubernetesClient, program: Program): Promise<() => Promise<void>> {
  const replicas = (await client.get(Deployment, program))?.spec?.replicas ?? 1;
  const scale = async (count: number) => {
    await client.mergePatch(Deployment, program, { spec: { replicas: count } } as never);
    await settled(client, program);
  };
  await scale(0);
  return () => scale(replicas);
}
