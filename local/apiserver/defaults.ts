/**
 * What a real API server fills into built-in objects, as far as users and hooks notice it. One entry a resource; each
 * changes the object in place.
 */

import { createHash } from "node:crypto";
import { fill, objects, part, setMissing } from "./fill.ts";
import { type ApiObject, fieldAt, isJsonObject, type JsonObject, listAt } from "./object.ts";
import { podDefaults } from "./pod-defaults.ts";

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
    const spec = fill(object, "spec", { type: "ClusterIP", sessionAffinity: "None" });
    fill(object, "status", { loadBalancer: {} });
    for (const port of objects(spec.ports)) setMissing(port, { protocol: "TCP", targetPort: port.port });
    if (spec.sessionAffinity === "ClientIP") {
      fill(fill(spec, "sessionAffinityConfig", {}), "clientIP", { timeoutSeconds: 10_800 });
    }
    if (spec.type === "ExternalName") return;
    setMissing(spec, { internalTrafficPolicy: "Cluster" });
    setMissing(spec, { clusterIP: fieldAt(previous, "spec", "clusterIP") ?? clusterAddress(object) });
    setMissing(spec, { clusterIPs: [spec.clusterIP], ipFamilies: ["IPv4"], ipFamilyPolicy: "SingleStack" });
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

  "statefulsets.apps"(object) {
    const spec = fill(object, "spec", {
      replicas: 1,
      podManagementPolicy: "OrderedReady",
      revisionHistoryLimit: 10,
    });
    const update = fill(spec, "updateStrategy", { type: "RollingUpdate" });
    if (update.type === "RollingUpdate") fill(update, "rollingUpdate", { partition: 0 });
    fill(spec, "persistentVolumeClaimRetentionPolicy", { whenDeleted: "Retain", whenScaled: "Retain" });
    for (const claim of objects(spec.volumeClaimTemplates)) {
      setMissing(claim, { apiVersion: "v1", kind: "PersistentVolumeClaim" });
      fill(claim, "spec", { volumeMode: "Filesystem" });
      fill(claim, "status", { phase: "Pending" });
    }
    podDefaults(spec.template, "Always");
    fill(object, "status", {});
  },

  "jobs.batch"(object) {
    jobDefaults(fill(object, "spec", {}));
    selectOwnPods(object);
    const labels = fieldAt(object, "spec", "template", "metadata", "labels");
    if (isJsonObject(labels)) object.metadata.labels ??= { ...labels } as Record<string, string>;
    fill(object, "status", {});
  },

  "cronjobs.batch"(object) {
    const spec = fill(object, "spec", {
      concurrencyPolicy: "Allow",
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    });
    fill(fill(spec, "jobTemplate", {}), "metadata", {});
    const job = fieldAt(spec, "jobTemplate", "spec");
    if (isJsonObject(job)) podDefaults(job.template);
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
    fill(object, "spec", { minReplicas: 1, metrics: [utilization("cpu", 80)] });
    fill(object, "status", { desiredReplicas: 0 });
  },

  "endpointslices.discovery.k8s.io"(object) {
    for (const port of objects(object.ports)) setMissing(port, { name: "", protocol: "TCP" });
    object.endpoints ??= null;
    object.ports ??= null;
  },
};

function utilization(resource: string, averageUtilization: number): JsonObject {
  return { type: "Resource", resource: { name: resource, target: { type: "Utilization", averageUtilization } } };
}

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

/** Maps of ConfigMaps and Secrets that are empty are not stored at all. */
function dropEmpty(object: ApiObject): void {
  for (const field of ["data", "binaryData"]) {
    if (Object.keys(part(object, field) ?? {}).length === 0) delete object[field];
  }
}

/** An address that nothing routes to: enough for clients that expect one. */
function clusterAddress({ metadata }: ApiObject): string {
  const hash = createHash("sha256").update(`${metadata.namespace}/${metadata.name}`).digest();
  return `10.${96 + (hash.readUInt8(0) % 16)}.${hash.readUInt8(1)}.${1 + (hash.readUInt8(2) % 254)}`;
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
