/**
 * BuildbarnScheduler: hands actions to workers. Its queues are in memory, so that two pods would be two farms: the old
 * pod ends before the new one starts.
 */

import { BuildbarnScheduler } from "../../api/buildbarn/buildbarn-scheduler.ts";
import { configFolder, configKeys, ports } from "../../api/buildbarn/names.ts";
import type { Deployment } from "../../api/builtin.ts";
import { Ingress, Service } from "../../api/builtin.ts";
import { composite } from "../contract/composite.ts";
import { restrictedContainer, restrictedPod } from "../kube/pod.ts";
import { generatedScheduler, predeclaredQueues } from "./buildbarn-scheduler.config.ts";
import { clientChildren, deploymentOf, syncClient } from "./client.ts";
import { farmOf, related } from "./discovery.ts";
import { openToTheWorld } from "./exposure.ts";
import { usualGraceSeconds } from "./grace.ts";
import { ownConfigMap, type Settings, versionOf } from "./kinds.ts";
import { containerPorts, ingressOf, serviceOf } from "./network.ts";
import type { Ingredients } from "./plan.ts";
import { imageOf, programOf } from "./pods.ts";

const schedulerPorts = {
  "client-grpc": ports.schedulerClient,
  "worker-grpc": ports.schedulerWorker,
  "queues-grpc": ports.schedulerQueues,
  http: ports.schedulerAdmin,
};

export const buildbarnScheduler = composite<BuildbarnScheduler, Settings>({
  parent: BuildbarnScheduler,
  children: [...clientChildren, { kind: Service, update: "InPlace" }, { kind: Ingress, update: "InPlace" }],
  related,
  customize: farmOf,

  sync(observed, settings) {
    const { parent } = observed;
    const answer = syncClient(observed, settings, {
      keys: [configKeys.scheduler],
      generate: () => generatedScheduler(parent, observed.related, settings),
      deployment: (ingredients) => schedulerDeployment(parent, ingredients),
      others: [
        serviceOf(parent, schedulerPorts, { type: parent.spec.serviceType }),
        ingressOf(parent, parent.spec.ingress),
      ],
      complaints: [openToTheWorld(parent)],
    });
    const queues = ownConfigMap(parent) === undefined ? predeclaredQueues(parent, observed.related) : [];
    return {
      ...answer,
      status: { ...answer.status, predeclaredQueues: queues.length === 0 ? undefined : queues },
    };
  },
});

function schedulerDeployment(scheduler: BuildbarnScheduler, ingredients: Ingredients): Deployment {
  const { spec } = scheduler;
  const program = programOf(scheduler, ingredients, {
    name: "scheduler",
    image: imageOf(spec.image, versionOf(scheduler).images.scheduler),
    args: [`${configFolder}${configKeys.scheduler}`],
    ports: containerPorts(schedulerPorts),
    securityContext: restrictedContainer,
  });
  return deploymentOf(scheduler, ingredients, {
    replicas: spec.replicas,
    strategy: { type: "Recreate" },
    spec: { securityContext: restrictedPod, containers: [program] },
    graceSeconds: usualGraceSeconds,
  });
}
