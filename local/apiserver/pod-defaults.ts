/** What a real API server fills into the template of a pod. */

import { canonicalQuantity } from "../../hooks/contract/quantity.ts";
import { fill, objects, setMissing } from "./fill.ts";
import { fieldAt, isJsonObject, type JsonObject, listAt } from "./object.ts";

/** @param restartPolicy that of the kind, where it has one */
export function podDefaults(template: unknown, restartPolicy?: string): void {
  if (!isJsonObject(template)) return;
  fill(template, "metadata", {});
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
    if (variable.value === "") delete variable.value;
    fieldReference(fieldAt(variable, "valueFrom", "fieldRef"));
  }
  for (const quantities of ["requests", "limits"]) canonical(fieldAt(container, "resources", quantities));
}

function fieldReference(reference: unknown): void {
  if (isJsonObject(reference)) setMissing(reference, { apiVersion: "v1" });
}

/** Quantities have one form in which they are stored. */
function canonical(quantities: unknown): void {
  if (!isJsonObject(quantities)) return;
  for (const [name, quantity] of Object.entries(quantities)) {
    quantities[name] = canonicalQuantity(String(quantity)) ?? quantity;
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
  for (const source of [volume, ...listAt(volume, "projected", "sources").filter(isJsonObject)]) {
    for (const item of listAt(source, "downwardAPI", "items")) fieldReference(fieldAt(item, "fieldRef"));
    if (isJsonObject(source.serviceAccountToken)) setMissing(source.serviceAccountToken, { expirationSeconds: 3600 });
  }
}

/** No tag means `latest`. */
function isLatest(image: string): boolean {
  const name = image.slice(image.lastIndexOf("/") + 1);
  return !image.includes("@") && (!name.includes(":") || name.endsWith(":latest"));
}
