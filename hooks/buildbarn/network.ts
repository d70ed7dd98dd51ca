/** How a component is reached, and how many of its pods may be missing: Service, Ingress, PodDisruptionBudget. */

import type { Ingress as IngressOptions } from "../../api/buildbarn/fields.ts";
import { Ingress, PodDisruptionBudget, Service } from "../../api/builtin.ts";
import { childOf, filled } from "../kube/object.ts";
import type { Component } from "./kinds.ts";
import { labelsOf } from "./pods.ts";

/** Port names are those of the containers. */
export type Ports = Record<string, number>;

function metadataOf(component: Component) {
  return { name: component.metadata.name, labels: labelsOf(component) };
}

export function containerPorts(ports: Ports) {
  return Object.entries(ports).map(([name, containerPort]) => ({ name, containerPort, protocol: "TCP" as const }));
}

export function serviceOf(component: Component, ports: Ports, more: { type: string; clusterIP?: string }): Service {
  return childOf(component, Service, metadataOf(component), {
    spec: {
      ...(more as { type: "ClusterIP" }),
      selector: labelsOf(component),
      ports: Object.entries(ports).map(([name, port]) => ({ name, port, protocol: "TCP" as const, targetPort: name })),
    },
  });
}

export function ingressOf(component: Component, options: IngressOptions | undefined): Ingress | undefined {
  if (options === undefined) return undefined;
  const { host, className, tlsSecretName, annotations } = options;
  const backend = { service: { name: component.metadata.name, port: { name: "http" } } };
  const tls = tlsSecretName === undefined || tlsSecretName === "" ? [] : [{ hosts: [host], secretName: tlsSecretName }];
  return childOf(
    component,
    Ingress,
    { ...metadataOf(component), ...filled({ annotations }) },
    {
      spec: {
        ...filled({ ingressClassName: className }),
        rules: [{ host, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
        ...filled({ tls }),
      },
    },
  );
}

export function disruptionBudgetOf(component: Exclude<Component, { kind: "BuildbarnScheduler" }>): PodDisruptionBudget {
  const { maxUnavailable } = component.spec.disruptionBudget;
  return childOf(component, PodDisruptionBudget, metadataOf(component), {
    spec: { maxUnavailable, selector: { matchLabels: labelsOf(component) } },
  });
}
