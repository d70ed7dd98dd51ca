/** Test support: the objects that tests are about. */

import type { Deployment, Job, Service } from "../../api/builtin.ts";
import type { Container, PodTemplate } from "./template.ts";

const probe = { httpGet: { path: "/", port: "health" }, periodSeconds: 1, timeoutSeconds: 1 };

export function workerTemplate(image: string, over: Partial<Container> = {}): PodTemplate {
  return {
    metadata: { labels: { app: "web" } },
    spec: {
      terminationGracePeriodSeconds: 5,
      containers: [
        {
          name: "workerd",
          image,
          command: [
            ...["workerd", "serve", "/worker/config.capnp", "config"],
            ...["--socket-addr=web=*:8001", "--socket-addr=health=*:8079"],
          ],
          ports: [
            { name: "web", containerPort: 8001 },
            { name: "health", containerPort: 8079 },
          ],
          readinessProbe: probe,
          ...over,
        },
      ],
    },
  };
}

export function newDeployment(template: PodTemplate, replicas = 1): Deployment {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "default" },
    spec: { replicas, selector: { matchLabels: { app: "web" } }, template },
  };
}

export function newService(): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "default" },
    spec: { selector: { app: "web" }, ports: [{ name: "web", port: 80, targetPort: "web" }] },
  };
}

export function newJob(code: string, spec: Partial<Job["spec"]> = {}, over: Partial<Container> = {}): Job {
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "work", namespace: "default" },
    spec: {
      template: {
        spec: {
          restartPolicy: "Never",
          containers: [{ name: "c", image: "octoplane.local/script", command: [code], ...over }],
        },
      },
      ...spec,
    },
  };
}

/** The status condition of that type. */
export function condition(
  object:
    | { status?: { conditions?: { type: string; status: string; reason?: string; message?: string }[] } }
    | undefined,
  type: string,
) {
  return object?.status?.conditions?.find((each) => each.type === type);
}

/** Complete, and nothing old is left. */
export function isSettled(deployment: Deployment | undefined): boolean {
  return (
    deployment?.status?.observedGeneration === deployment?.metadata.generation &&
    condition(deployment, "Progressing")?.reason === "NewReplicaSetAvailable" &&
    deployment?.status?.terminatingReplicas === 0
  );
}
