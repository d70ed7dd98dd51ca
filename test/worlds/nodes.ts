/** What nodes do: pods of Deployments get ready at once, and builds end when a test wants it. */

import { setTimeout as delay } from "node:timers/promises";

import { Deployment, Job, Pod } from "../../api/builtin.ts";
import type { KubernetesClient, MergePatch } from "../../kubernetes/client.ts";
import { waitFor } from "../cluster/harness/wait.ts";

export interface Nodes {
  /** Waits for Jobs that have not ended, and ends their pods: well, or with this exit code. */
  endBuilds(namespace: string, exitCode?: number): Promise<void>;
  close(): Promise<void>;
}

const pollMs = 100;

/** Again and again until the end; a server that is away comes back. */
function repeating(act: () => Promise<void>): Pick<Nodes, "close"> {
  const closing = new AbortController();
  const running = (async () => {
    while (!closing.signal.aborted) {
      await act().catch(() => undefined);
      await delay(pollMs, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  })();
  return {
    close() {
      closing.abort();
      return running;
    },
  };
}

function runningJobs(client: KubernetesClient, namespace: string): Promise<Job[]> {
  const running = async () => {
    const { items } = await client.list(Job, { namespace });
    const jobs = items.filter((each) => !hasEnded(each));
    return jobs.length > 0 && jobs;
  };
  return waitFor(running, { what: "a build" });
}

function hasEnded({ status }: Job): boolean {
  return status?.conditions?.some(({ type, status }) => /^(Complete|Failed)$/.test(type) && status === "True") ?? false;
}

function time(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}

/** Nobody looks after Jobs and Deployments here, so the test writes what their controllers would. */
export function embeddedNodes(client: KubernetesClient): Nodes {
  async function rollOut(): Promise<void> {
    const { items } = await client.list(Deployment);
    for (const { metadata, spec, status } of items) {
      if (status?.observedGeneration === metadata.generation) continue;
      const rolledOut = deploymentStatus(metadata.generation ?? 1, spec?.replicas ?? 1);
      await client.mergePatch(Deployment, metadata, { status: rolledOut }, { subresource: "status" });
    }
  }

  return {
    ...repeating(rollOut),
    async endBuilds(namespace, exitCode = 0) {
      for (const job of await runningJobs(client, namespace)) {
        await client.mergePatch(Job, job.metadata, { status: jobStatus(exitCode) } as MergePatch<Job>, {
          subresource: "status",
        });
      }
    },
  };
}

function jobStatus(exitCode: number) {
  if (exitCode === 0) return { succeeded: 1, conditions: [condition("Complete", "CompletionsReached", "")] };
  const message = `Container build for pod x/y failed with exit code ${exitCode} matching FailJob rule at index 0`;
  return { failed: 1, conditions: [condition("Failed", "PodFailurePolicy", message)] };
}

function deploymentStatus(observedGeneration: number, replicas: number) {
  return {
    observedGeneration,
    replicas,
    updatedReplicas: replicas,
    readyReplicas: replicas,
    availableReplicas: replicas,
    terminatingReplicas: 0,
    conditions: [condition("Progressing", "NewReplicaSetAvailable", "")],
  };
}

function condition(type: string, reason: string, message: string) {
  return { type, status: "True", reason, message, lastTransitionTime: time(), lastUpdateTime: time() };
}

/** Pods are objects that no kubelet looks after: the test writes their status, and the controllers draw their conclusions. */
export function realNodes(client: KubernetesClient): Nodes {
  async function setStatus(pod: Pod, status: object): Promise<void> {
    await client.mergePatch(Pod, pod.metadata, { status } as MergePatch<Pod>, { subresource: "status" });
  }

  async function rollOut(): Promise<void> {
    const { items } = await client.list(Pod, { labelSelector: "pod-template-hash" });
    for (const pod of items.filter((each) => !isReady(each))) await setStatus(pod, ready());
  }

  return {
    ...repeating(rollOut),
    async endBuilds(namespace, exitCode = 0) {
      for (const { metadata } of await runningJobs(client, namespace)) {
        const pod = await podOf(client, namespace, `batch.kubernetes.io/job-name=${metadata.name}`);
        await setStatus(pod, endOf(pod, exitCode));
      }
    },
  };
}

function podOf(client: KubernetesClient, namespace: string, labelSelector: string): Promise<Pod> {
  return waitFor(async () => (await client.list(Pod, { namespace, labelSelector })).items[0], { what: labelSelector });
}

function endOf({ spec }: Pod, exitCode: number): object {
  const terminated = { exitCode, startedAt: time(), finishedAt: time() };
  const containerStatuses = (spec?.containers ?? []).map(({ name, image = "" }) => ({
    name,
    image,
    imageID: "",
    ready: false,
    restartCount: 0,
    state: { terminated },
  }));
  return { phase: exitCode === 0 ? "Succeeded" : "Failed", containerStatuses };
}

function ready() {
  return { phase: "Running", conditions: [{ type: "Ready", status: "True", lastTransitionTime: time() }] };
}

function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}
