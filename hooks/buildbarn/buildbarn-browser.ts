/** BuildbarnBrowser: actions, their inputs and outputs as web pages. A Deployment, a Service, an Ingress if wanted. */

import { BuildbarnBrowser } from "../../api/buildbarn/buildbarn-browser.ts";
import { configFolder, configKeys, ports } from "../../api/buildbarn/names.ts";
import type { Deployment } from "../../api/builtin.ts";
import { Ingress, PodDisruptionBudget, Service } from "../../api/builtin.ts";
import { composite } from "../contract/composite.ts";
import { restrictedContainer, restrictedPod } from "../kube/pod.ts";
import { generatedBrowser } from "./buildbarn-browser.config.ts";
import { clientChildren, deploymentOf, oneMore, syncClient } from "./client.ts";
import { farmOf, related } from "./discovery.ts";
import { usualGraceSeconds } from "./grace.ts";
import { type Settings, versionOf } from "./kinds.ts";
import { containerPorts, disruptionBudgetOf, ingressOf, serviceOf } from "./network.ts";
import type { Ingredients } from "./plan.ts";
import { imageOf, programOf } from "./pods.ts";
import { browserIngress, browserUrl } from "./siblings.ts";

const browserPorts = { http: ports.browser };

export const buildbarnBrowser = composite<BuildbarnBrowser, Settings>({
  parent: BuildbarnBrowser,
  children: [
    ...clientChildren,
    { kind: Service, update: "InPlace" },
    { kind: Ingress, update: "InPlace" },
    { kind: PodDisruptionBudget, update: "InPlace" },
  ],
  related,
  customize: farmOf,

  sync(observed, settings) {
    const { parent } = observed;
    const answer = syncClient(observed, settings, {
      keys: [configKeys.browser],
      generate: () => generatedBrowser(parent, observed.related, settings),
      deployment: (ingredients) => browserDeployment(parent, ingredients),
      others: [
        serviceOf(parent, browserPorts, { type: parent.spec.serviceType }),
        ingressOf(parent, browserIngress(parent)),
        disruptionBudgetOf(parent),
      ],
    });
    return { ...answer, status: { ...answer.status, url: browserUrl(parent, settings) } };
  },
});

function browserDeployment(browser: BuildbarnBrowser, ingredients: Ingredients): Deployment {
  const { spec } = browser;
  const program = programOf(browser, ingredients, {
    name: "browser",
    image: imageOf(spec.image, versionOf(browser).images.browser),
    args: [`${configFolder}${configKeys.browser}`],
    ports: containerPorts(browserPorts),
    securityContext: restrictedContainer,
  });
  return deploymentOf(browser, ingredients, {
    replicas: spec.replicas,
    strategy: oneMore,
    spec: { securityContext: restrictedPod, containers: [program] },
    graceSeconds: usualGraceSeconds,
  });
}
