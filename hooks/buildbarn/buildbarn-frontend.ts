/** BuildbarnFrontend: what Bazel talks to. A Deployment of bb-storage that keeps nothing itself, and a Service. */

import { BuildbarnFrontend } from "../../api/buildbarn/buildbarn-frontend.ts";
import { configFolder, configKeys, ports } from "../../api/buildbarn/names.ts";
import type { Deployment } from "../../api/builtin.ts";
import { PodDisruptionBudget, Service } from "../../api/builtin.ts";
import { composite } from "../contract/composite.ts";
import { restrictedContainer, restrictedPod } from "../kube/pod.ts";
import { generatedFrontend } from "./buildbarn-frontend.config.ts";
import { clientChildren, deploymentOf, oneMore, syncClient } from "./client.ts";
import { farmOf, related } from "./discovery.ts";
import { openToTheWorld } from "./exposure.ts";
import { usualGraceSeconds } from "./grace.ts";
import { type Settings, versionOf } from "./kinds.ts";
import { containerPorts, disruptionBudgetOf, serviceOf } from "./network.ts";
import type { Ingredients } from "./plan.ts";
import { imageOf, programOf } from "./pods.ts";

const frontendPorts = { grpc: ports.frontend };

export const buildbarnFrontend = composite<BuildbarnFrontend, Settings>({
  parent: BuildbarnFrontend,
  children: [...clientChildren, { kind: Service, update: "InPlace" }, { kind: PodDisruptionBudget, update: "InPlace" }],
  related,
  customize: farmOf,

  sync(observed, settings) {
    const { parent } = observed;
    return syncClient(observed, settings, {
      keys: [configKeys.frontend],
      generate: () => generatedFrontend(parent, observed.related, settings),
      deployment: (ingredients) => frontendDeployment(parent, ingredients),
      others: [serviceOf(parent, frontendPorts, { type: parent.spec.serviceType }), disruptionBudgetOf(parent)],
      complaints: [openToTheWorld(parent)],
    });
  },
});

function frontendDeployment(frontend: BuildbarnFrontend, ingredients: Ingredients): Deployment {
  const { spec } = frontend;
  const program = programOf(frontend, ingredients, {
    name: "frontend",
    image: imageOf(spec.image, versionOf(frontend).images.storage),
    args: [`${configFolder}${configKeys.frontend}`],
    ports: containerPorts(frontendPorts),
    securityContext: restrictedContainer,
  });
  return deploymentOf(frontend, ingredients, {
    replicas: spec.replicas,
    strategy: oneMore,
    spec: { securityContext: restrictedPod, containers: [program] },
    graceSeconds: usualGraceSeconds,
  });
}
