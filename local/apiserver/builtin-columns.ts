/** Columns of built-in kinds, as `kubectl get` shows them. */

import { age, duration } from "./age.ts";
import { ageColumn, nameColumn } from "./crd-columns.ts";
import type { Column } from "./kind.ts";
import { type ApiObject, fieldAt, isJsonObject, listAt } from "./object.ts";

type Cell = Column["cell"];

/** Between Name and Age. */
const between: Record<string, Record<string, Cell>> = {
  namespaces: { Status: at("status", "phase") },
  configmaps: { Data: (object) => countKeys(object.data) + countKeys(object.binaryData) },
  secrets: { Type: at("type"), Data: (object) => countKeys(object.data) },
  services: {
    Type: at("spec", "type"),
    "Cluster-IP": at("spec", "clusterIP"),
    "External-IP": at("spec", "externalName"),
    "Port(s)": servicePorts,
  },
  serviceaccounts: { Secrets: (object) => listAt(object, "secrets").length },
  pods: { Ready: at("status", "ready"), Status: at("status", "phase"), Restarts: () => 0 },
  "deployments.apps": {
    Ready: (object) => `${count(object, "status", "readyReplicas")}/${count(object, "spec", "replicas")}`,
    "Up-to-date": (object) => count(object, "status", "updatedReplicas"),
    Available: (object) => count(object, "status", "availableReplicas"),
  },
  "statefulsets.apps": {
    Ready: (object) => `${count(object, "status", "readyReplicas")}/${count(object, "spec", "replicas")}`,
  },
  "replicasets.apps": {},
  "jobs.batch": {
    Status: jobStatus,
    Completions: (object) => `${count(object, "status", "succeeded")}/${completions(object)}`,
    Duration: jobDuration,
  },
  "cronjobs.batch": {
    Schedule: at("spec", "schedule"),
    Suspend: (object) => (fieldAt(object, "spec", "suspend") === true ? "True" : "False"),
    Active: (object) => listAt(object, "status", "active").length,
    "Last Schedule": (object) => since(fieldAt(object, "status", "lastScheduleTime")),
  },
  "ingresses.networking.k8s.io": {
    Class: at("spec", "ingressClassName"),
    Hosts: ingressHosts,
    Address: (object) =>
      joined(
        listAt(object, "status", "loadBalancer", "ingress").map(
          (one) => fieldAt(one, "ip") ?? fieldAt(one, "hostname"),
        ),
      ),
    Ports: (object) => (listAt(object, "spec", "tls").length > 0 ? "80, 443" : "80"),
  },
  "ingressclasses.networking.k8s.io": { Controller: at("spec", "controller") },
  "networkpolicies.networking.k8s.io": {
    "Pod-Selector": (object) => labelsText(fieldAt(object, "spec", "podSelector", "matchLabels")),
  },
  "poddisruptionbudgets.policy": {
    "Min Available": at("spec", "minAvailable"),
    "Max Unavailable": at("spec", "maxUnavailable"),
    "Allowed Disruptions": (object) => count(object, "status", "disruptionsAllowed"),
  },
  "horizontalpodautoscalers.autoscaling": {
    Reference: (object) =>
      `${fieldAt(object, "spec", "scaleTargetRef", "kind")}/${fieldAt(object, "spec", "scaleTargetRef", "name")}`,
    MinPods: at("spec", "minReplicas"),
    MaxPods: at("spec", "maxReplicas"),
    Replicas: (object) => count(object, "status", "currentReplicas"),
  },
  "endpointslices.discovery.k8s.io": {
    AddressType: at("addressType"),
    Ports: (object) => joined(listAt(object, "ports").map((port) => fieldAt(port, "port"))),
    Endpoints: (object) => joined(listAt(object, "endpoints").flatMap((one) => listAt(one, "addresses"))),
  },
  "leases.coordination.k8s.io": { Holder: at("spec", "holderIdentity") },
};

/** After Age, only with `-o wide`. */
const wide: Record<string, Record<string, Cell>> = {
  "deployments.apps": { Containers: containers("name"), Images: containers("image"), Selector: selectorText },
  "jobs.batch": { Containers: containers("name"), Images: containers("image"), Selector: selectorText },
  services: { Selector: (object) => labelsText(fieldAt(object, "spec", "selector")) },
};

const eventColumns: readonly Column[] = [
  column("Last Seen", (object) => since(object.lastTimestamp ?? object.metadata.creationTimestamp)),
  column("Type", at("type")),
  column("Reason", at("reason")),
  column(
    "Object",
    (object) =>
      `${String(fieldAt(object, "involvedObject", "kind")).toLowerCase()}/${fieldAt(object, "involvedObject", "name")}`,
  ),
  column("Message", at("message")),
];

export function builtinColumns(resource: string): readonly Column[] {
  if (resource === "events") return eventColumns;
  const own = Object.entries(between[resource] ?? {}).map(([name, cell]) => column(name, cell));
  const more = Object.entries(wide[resource] ?? {}).map(([name, cell]) => ({ ...column(name, cell), priority: 1 }));
  return [nameColumn, ...own, ageColumn, ...more];
}

function column(name: string, cell: Cell): Column {
  return { name, type: "string", cell };
}

function at(...path: string[]): Cell {
  return (object) => fieldAt(object, ...path) ?? "<none>";
}

function count(object: ApiObject, ...path: string[]): number {
  return Number(fieldAt(object, ...path) ?? 0);
}

function countKeys(value: unknown): number {
  return isJsonObject(value) ? Object.keys(value).length : 0;
}

function joined(values: readonly unknown[]): string {
  return values.filter((value) => value !== undefined).join(",") || "<none>";
}

function since(time: unknown): string {
  return typeof time === "string" ? age(time) : "<none>";
}

function labelsText(labels: unknown): string {
  return isJsonObject(labels) ? joined(Object.entries(labels).map(([name, value]) => `${name}=${value}`)) : "<none>";
}

function containers(field: "name" | "image"): Cell {
  return (object) =>
    joined(listAt(object, "spec", "template", "spec", "containers").map((container) => fieldAt(container, field)));
}

function selectorText(object: ApiObject): string {
  return labelsText(fieldAt(object, "spec", "selector", "matchLabels"));
}

function servicePorts(object: ApiObject): string {
  return joined(listAt(object, "spec", "ports").map((port) => `${fieldAt(port, "port")}/${fieldAt(port, "protocol")}`));
}

function ingressHosts(object: ApiObject): string {
  const hosts = listAt(object, "spec", "rules").flatMap((rule) => fieldAt(rule, "host") ?? []);
  if (hosts.length === 0) return "*";
  return hosts.length <= 3 ? hosts.join(",") : `${hosts.slice(0, 3).join(",")} + ${hosts.length - 3} more...`;
}

function completions(object: ApiObject): string {
  const wanted = fieldAt(object, "spec", "completions");
  if (wanted !== undefined) return String(wanted);
  const parallelism = count(object, "spec", "parallelism");
  return parallelism > 1 ? `1 of ${parallelism}` : "1";
}

function jobStatus(object: ApiObject): string {
  if (hasCondition(object, "Complete")) return "Complete";
  if (hasCondition(object, "Failed")) return "Failed";
  if (object.metadata.deletionTimestamp !== undefined) return "Terminating";
  return hasCondition(object, "Suspended") ? "Suspended" : "Running";
}

function hasCondition(object: ApiObject, type: string): boolean {
  return listAt(object, "status", "conditions").some(
    (one) => fieldAt(one, "type") === type && fieldAt(one, "status") === "True",
  );
}

function jobDuration(object: ApiObject): string {
  const start = Date.parse(String(fieldAt(object, "status", "startTime")));
  if (Number.isNaN(start)) return "";
  const end = Date.parse(String(fieldAt(object, "status", "completionTime")));
  return duration(Math.floor(((Number.isNaN(end) ? Date.now() : end) - start) / 1000));
}
