/** The EndpointSlices of one Deployment: one per Service that selects it and slot, so that a rollout moves one object. */

import { createHash } from "node:crypto";
import type { EndpointSlice, Service } from "../../api/builtin.ts";
import type { Container } from "./template.ts";

export const managedByLabel = "endpointslice.kubernetes.io/managed-by";
export const manager = "octoplane-workloads";

/** What answers for a slot. */
export interface Serving {
  /** Of the process; the slice names it as its Pod. */
  id: string;
  /** By containerPort: the port that is really open. */
  ports: ReadonlyMap<number, number>;
  container: Container;
}

export interface Workload {
  namespace: string;
  name: string;
  /** Of the pod template. */
  labels: Readonly<Record<string, string>>;
  /** By slot; `undefined` where nothing is ready. */
  slots: readonly (Serving | undefined)[];
}

export function endpointSlices(workload: Workload, services: readonly Service[]): EndpointSlice[] {
  return services
    .filter((service) => selects(service, workload))
    .flatMap((service) => workload.slots.map((serving, slot) => sliceOf(service, workload, slot, serving)));
}

/** A Service without a selector has its slices from somebody else. */
export function selects(service: Service, { namespace, labels }: Pick<Workload, "namespace" | "labels">): boolean {
  const selector = Object.entries(service.spec?.selector ?? {});
  const matches = selector.every(([key, value]) => labels[key] === value);
  return service.metadata.namespace === namespace && selector.length > 0 && matches;
}

function sliceOf(service: Service, workload: Workload, slot: number, serving: Serving | undefined): EndpointSlice {
  const { name, uid = "" } = service.metadata;
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: `${name}-${shortHash(workload.name)}-${slot}`,
      namespace: workload.namespace,
      labels: { "kubernetes.io/service-name": name, [managedByLabel]: manager },
      ownerReferences: [{ apiVersion: "v1", kind: "Service", name, uid, controller: true, blockOwnerDeletion: true }],
    },
    addressType: "IPv4",
    endpoints: serving ? [endpointOf(serving, workload)] : [],
    ports: serving ? portsOf(service, serving) : [],
  };
}

function endpointOf({ id }: Serving, { namespace }: Workload): EndpointSlice["endpoints"][number] {
  return {
    addresses: ["127.0.0.1"],
    conditions: { ready: true, serving: true, terminating: false },
    targetRef: { kind: "Pod", namespace, name: id },
  };
}

/** Ports that the process does not have are left out: an older process knows nothing of a newer port. */
function portsOf(service: Service, serving: Serving): NonNullable<EndpointSlice["ports"]> {
  return (service.spec?.ports ?? []).flatMap(({ name = "", port, targetPort = port, protocol = "TCP" }) => {
    const real = serving.ports.get(containerPort(serving.container, targetPort) ?? -1);
    return real === undefined ? [] : [{ name, port: real, protocol }];
  });
}

/** @param port A name, or a number as it is. */
export function containerPort({ ports }: Container, port: string | number): number | undefined {
  return typeof port === "number" ? port : ports?.find((each) => each.name === port)?.containerPort;
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}
