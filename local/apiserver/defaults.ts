/**
 * What a real API server fills into built-in objects, as far as users and hooks notice it. One entry a resource; each
 * changes the object in place.
 */

import { createHash } from "node:crypto";
import { type ApiObject, fieldAt, isJsonObject, type JsonObject, listAt } from "./object.ts";

type Defaults = (object: ApiObject, previous?: ApiObject) => void;

export const builtinDefaults: Record<string, Defaults> = {
  namespaces(object, previous) {
    object.metadata.labels = { "kubernetes.io/metadata.name": object.metadata.name, ...object.metadata.labels };
    object.spec = previous?.spec ?? { finalizers: ["kubernetes"] };
    object.status ??= { phase: "Active" };
  },

  configmaps: dropEmpty,

  secrets(object) {
    object.type ??= "Opaque";
    const plain = Object.entries(part(object, "stringData") ?? {}).map(([key, text]) => [key, base64(String(text))]);
    if (plain.length > 0) object.data = { ...part(object, "data"), ...Object.fromEntries(plain) };
    delete object.stringData;
    dropEmpty(object);
  },

  services(object, previous) {
    const spec = fill(object, "spec", { type: "ClusterIP", sessionAffinity: "None", internalTrafficPolicy: "Cluster" });
    for (const port of objects(spec.ports)) setMissing(port, { protocol: "TCP", targetPort: port.port });
    if (spec.type === "ExternalName") return;
    setMissing(spec, { clusterIP: fieldAt(previous, "spec", "clusterIP") ?? clusterAddress(object) });
    setMissing(spec, { clusterIPs: [spec.clusterIP], ipFamilies: ["IPv4"], ipFamilyPolicy: "SingleStack" });
    fill(object, "status", { loadBalancer: {} });
  },

  events(object) {
    setMissing(object, { type: "Normal" });
  },

  "deployments.apps"(object) {
    const spec = fill(object, "spec", { replicas: 1, progressDeadlineSeconds: 600, revisionHistoryLimit: 10 });
    const strategy = fill(spec, "strategy", { type: "RollingUpdate" });
    if (strategy.type === "RollingUpdate") {
      fill(strategy, "rollingUpdate", { maxSurge: "25%", maxUnavailable: "25%" });
    }
    podDefaults(spec.template, "Always");
    fill(object, "status", {});
  },

  "jobs.batch"(object) {
    jobDefaults(fill(object, "spec", {}));
    selectOwnPods(object);
    fill(object, "status", {});
  },

  "cronjobs.batch"(object) {
    const spec = fill(object, "spec", {
      concurrencyPolicy: "Allow",
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    });
    const template = fieldAt(spec, "jobTemplate", "spec");
    if (isJsonObject(template)) podDefaults(template.template);
    fill(object, "status", {});
  },

  "ingresses.networking.k8s.io"(object) {
    fill(object, "status", { loadBalancer: {} });
  },

  "networkpolicies.networking.k8s.io"(object) {
    const spec = fill(object, "spec", { podSelector: {} });
    setMissing(spec, { policyTypes: spec.egress === undefined ? ["Ingress"] : ["Ingress", "Egress"] });
    const rules = [...objects(spec.ingress), ...objects(spec.egress)];
    for (const port of rules.flatMap((rule) => objects(rule.ports))) setMissing(port, { protocol: "TCP" });
  },

  "horizontalpodautoscalers.autoscaling"(object) {
    fill(object, "spec", { minReplicas: 1 });
    fill(object, "status", { desiredReplicas: 0 });
  },

  "endpointslices.discovery.k8s.io"(object) {
    for (const port of objects(object.ports)) setMissing(port, { name: "", protocol: "TCP" });
  },
};

function jobDefaults(spec: JsonObject): void {
  setMissing(spec, { backoffLimit: 6, completionMode: "NonIndexed", suspend: false });
  setMissing(spec, { podReplacementPolicy: spec.podFailurePolicy ? "Failed" : "TerminatingOrFailed" });
  if (spec.completions === undefined && spec.parallelism === undefined) setMissing(spec, { completions: 1 });
  setMissing(spec, { parallelism: 1 });
  for (const rule of listAt(spec, "podFailurePolicy", "rules").filter(isJsonObject)) {
    for (const condition of objects(rule.onPodConditions)) setMissing(condition, { status: "True" });
  }
  podDefaults(spec.template);
}

/** A Job finds its Pods by its own uid, unless the user wrote the selector. */
function selectOwnPods(job: ApiObject): void {
  const spec = job.spec as JsonObject;
  const template = spec.template;
  if (spec.manualSelector === true || spec.selector !== undefined || !isJsonObject(template)) return;
  const { uid = "", name } = job.metadata;
  const labels = fill(fill(template, "metadata", {}), "labels", {});
  setMissing(labels, {
    "batch.kubernetes.io/controller-uid": uid,
    "batch.kubernetes.io/job-name": name,
    "controller-uid": uid,
    "job-name": name,
  });
  spec.manualSelector = false;
  spec.selector = { matchLabels: { "batch.kubernetes.io/controller-uid": uid } };
}

function podDefaults(template: unknown, restartPolicy?: string): void {
  if (!isJsonObject(template)) return;
  const spec = fill(template, "spec", {
    ...(restartPolicy && { restartPolicy }),
    terminationGracePeriodSeconds: 30,
    dnsPolicy: "ClusterFirst",
    securityContext: {},
    schedulerName: "default-scheduler",
  });
  if (spec.serviceAccountName !== undefined) setMissing(spec, { serviceAccount: spec.serviceAccountName });
  for (const container of [...objects(spec.initContainers), ...objects(spec.containers)]) {
    containerDefaults(container);
  }
  for (const volume of objects(spec.volumes)) volumeDefaults(volume);
}

function containerDefaults(container: JsonObject): void {
  setMissing(container, {
    resources: {},
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
    imagePullPolicy: isLatest(String(container.image ?? "")) ? "Always" : "IfNotPresent",
  });
  for (const port of objects(container.ports)) setMissing(port, { protocol: "TCP" });
  for (const probe of ["livenessProbe", "readinessProbe", "startupProbe"]) probeDefaults(container[probe]);
  for (const variable of objects(container.env)) {
    const source = fieldAt(variable, "valueFrom", "fieldRef");
    if (isJsonObject(source)) setMissing(source, { apiVersion: "v1" });
  }
}

function probeDefaults(probe: unknown): void {
  if (!isJsonObject(probe)) return;
  setMissing(probe, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 });
  if (isJsonObject(probe.httpGet)) setMissing(probe.httpGet, { path: "/", scheme: "HTTP" });
}

function volumeDefaults(volume: JsonObject): void {
  for (const source of ["configMap", "secret", "downwardAPI", "projected"]) {
    if (isJsonObject(volume[source])) setMissing(volume[source], { defaultMode: 420 });
  }
}

/** Maps of ConfigMaps and Secrets that are empty are not stored at all. */
function dropEmpty(object: ApiObject): void {
  for (const field of ["data", "binaryData"]) {
    if (Object.keys(part(object, field) ?? {}).length === 0) delete object[field];
  }
}

/** No tag means `latest`. */
function isLatest(image: string): boolean {
  const name = image.slice(image.lastIndexOf("/") + 1);
  return !image.includes("@") && (!name.includes(":") || name.endsWith(":latest"));
}

/** An address that nothing routes to: enough for clients that expect one. */
function clusterAddress({ metadata }: ApiObject): string {
  const hash = createHash("sha256").update(`${metadata.namespace}/${metadata.name}`).digest();
  return `10.${96 + (hash.readUInt8(0) % 16)}.${hash.readUInt8(1)}.${1 + (hash.readUInt8(2) % 254)}`;
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

function part(object: JsonObject, field: string): JsonObject | undefined {
  return isJsonObject(object[field]) ? object[field] : undefined;
}

function objects(list: unknown): JsonObject[] {
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}

/** The object in a field, made when it is missing, with what it lacks. */
function fill(object: JsonObject, field: string, values: JsonObject): JsonObject {
  const existing = part(object, field) ?? {};
  object[field] = existing;
  setMissing(existing, values);
  return existing;
}

function setMissing(object: JsonObject, values: JsonObject): void {
  for (const [name, value] of Object.entries(values)) if (value !== undefined) object[name] ??= value;
}
