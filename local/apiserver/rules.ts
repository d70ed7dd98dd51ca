/** What a real API server refuses of built-in objects, as far as hooks and users run into it. */

import { isDeepStrictEqual } from "node:util";
import { duplicate, forbiddenField, invalidValue, notSupported, required } from "./field-error.ts";
import { type ApiObject, fieldAt, isJsonObject, listAt } from "./object.ts";
import type { StatusCause } from "./status.ts";

type Rules = (object: ApiObject, previous?: ApiObject) => StatusCause[];

export const builtinProblems: Record<string, Rules> = {
  configmaps: (object, previous) => [...keyProblems(object), ...textProblems(object), ...frozenData(object, previous)],

  secrets: (object, previous) => [
    ...keyProblems(object),
    ...frozenData(object, previous),
    ...frozen(object, previous, "type"),
    ...Object.entries((object.data ?? {}) as object).flatMap(([key, value]) => base64Problems(key, value)),
  ],

  services: (object, previous) => [
    ...portProblems(object),
    ...(fieldAt(object, "spec", "type") === "ExternalName" ? [] : frozen(object, previous, "spec", "clusterIP")),
  ],

  "deployments.apps": (object, previous) => [
    ...(Number(fieldAt(object, "spec", "replicas")) < 0
      ? [invalidValue("spec.replicas", fieldAt(object, "spec", "replicas"), "must be greater than or equal to 0")]
      : []),
    ...templateProblems(object),
    ...selectorProblems(object),
    ...frozen(object, previous, "spec", "selector"),
  ],

  "statefulsets.apps": (object, previous) => [
    ...templateProblems(object),
    ...selectorProblems(object),
    ...frozen(object, previous, "spec", "selector"),
    ...frozen(object, previous, "spec", "serviceName"),
    ...frozen(object, previous, "spec", "podManagementPolicy"),
    ...frozen(object, previous, "spec", "volumeClaimTemplates"),
  ],

  "jobs.batch": (object, previous) => [
    ...templateProblems(object),
    ...restartProblems(object),
    ...ownSelectorProblems(object, previous),
    ...frozen(object, previous, "spec", "completions"),
    ...frozen(object, previous, "spec", "selector"),
    ...frozen(object, previous, "spec", "template"),
    ...frozen(object, previous, "spec", "completionMode"),
    ...frozen(object, previous, "spec", "podFailurePolicy"),
  ],

  "cronjobs.batch": (object) => (fieldAt(object, "spec", "schedule") ? [] : [required("spec.schedule")]),

  "ingresses.networking.k8s.io": (object) =>
    fieldAt(object, "spec", "rules") || fieldAt(object, "spec", "defaultBackend")
      ? []
      : [invalidValue("spec", "", "either `defaultBackend` or `rules` must be specified")],

  "endpointslices.discovery.k8s.io": (object, previous) => [
    ...(["IPv4", "IPv6", "FQDN"].includes(String(object.addressType))
      ? []
      : [notSupported("addressType", object.addressType ?? "", ["FQDN", "IPv4", "IPv6"])]),
    ...frozen(object, previous, "addressType"),
  ],
};

function frozen(object: ApiObject, previous: ApiObject | undefined, ...path: string[]): StatusCause[] {
  if (previous === undefined) return [];
  const value = fieldAt(object, ...path);
  const before = fieldAt(previous, ...path);
  if (before === undefined || isDeepStrictEqual(value, before)) return [];
  return [invalidValue(path.join("."), value, "field is immutable")];
}

function frozenData(object: ApiObject, previous: ApiObject | undefined): StatusCause[] {
  if (previous?.immutable !== true) return [];
  const thawed = object.immutable === true ? [] : ["immutable"];
  const changed = ["data", "binaryData"].filter((field) => !isDeepStrictEqual(object[field], previous[field]));
  return [...thawed, ...changed].map((field) => forbiddenField(field, "field is immutable when `immutable` is set"));
}

function keyProblems(object: ApiObject): StatusCause[] {
  const keys = ["data", "binaryData"].flatMap((field) =>
    Object.keys((object[field] ?? {}) as object).map((key) => ({ field: `${field}[${key}]`, key })),
  );
  const text =
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  " +
    "or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
  return keys
    .filter(({ key }) => !/^[-._a-zA-Z0-9]{1,253}$/.test(key))
    .map(({ field, key }) => invalidValue(field, key, text));
}

/** The mistake behind it is a number or a truth value without quotes in YAML. */
function textProblems({ data = {} }: ApiObject): StatusCause[] {
  return Object.entries(data as object)
    .filter(([, value]) => typeof value !== "string")
    .map(([key, value]) => invalidValue(`data[${key}]`, value, "must be a string"));
}

function base64Problems(key: string, value: unknown): StatusCause[] {
  const isBase64 =
    typeof value === "string" &&
    /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value.replaceAll(/[\r\n]/g, ""));
  return isBase64 ? [] : [invalidValue(`data[${key}]`, "<redacted>", "must be base64")];
}

function portProblems(object: ApiObject): StatusCause[] {
  const ports = listAt(object, "spec", "ports").filter(isJsonObject);
  const isPlain = !["None", ""].includes(String(fieldAt(object, "spec", "clusterIP") ?? ""));
  if (ports.length === 0) return isPlain ? [required("spec.ports")] : [];
  return ports.flatMap((port, index) => {
    const field = `spec.ports[${index}]`;
    const twin = ports.slice(0, index).find((other) => other.name === port.name);
    return [
      ...(isPort(port.port)
        ? []
        : [invalidValue(`${field}.port`, port.port ?? 0, "must be between 1 and 65535, inclusive")]),
      ...(ports.length > 1 && !port.name ? [required(`${field}.name`)] : []),
      ...(twin && port.name ? [duplicate(`${field}.name`, port.name)] : []),
    ];
  });
}

function isPort(port: unknown): boolean {
  return Number.isInteger(port) && Number(port) >= 1 && Number(port) <= 65535;
}

function templateProblems(object: ApiObject): StatusCause[] {
  const containers = listAt(object, "spec", "template", "spec", "containers").filter(isJsonObject);
  if (containers.length === 0) return [required("spec.template.spec.containers")];
  return containers.flatMap((container, index) =>
    ["name", "image"]
      .filter((field) => !container[field])
      .map((field) => required(`spec.template.spec.containers[${index}].${field}`)),
  );
}

function selectorProblems(object: ApiObject): StatusCause[] {
  const selector = fieldAt(object, "spec", "selector", "matchLabels");
  if (!isJsonObject(selector)) {
    return fieldAt(object, "spec", "selector", "matchExpressions") ? [] : [required("spec.selector")];
  }
  const labels = fieldAt(object, "spec", "template", "metadata", "labels");
  const matches = Object.entries(selector).every(([name, value]) => fieldAt(labels, name) === value);
  if (matches) return [];
  return [invalidValue("spec.template.metadata.labels", labels ?? {}, "`selector` does not match template `labels`")];
}

/** Whoever writes the selector says so, or the Pods of others would count. */
function ownSelectorProblems(object: ApiObject, previous: ApiObject | undefined): StatusCause[] {
  if (previous !== undefined) return [];
  const selector = fieldAt(object, "spec", "selector");
  if (fieldAt(object, "spec", "manualSelector") === true) return selector ? [] : [required("spec.selector")];
  const labels = fieldAt(selector, "matchLabels");
  const isGenerated = fieldAt(labels, "batch.kubernetes.io/controller-uid") === object.metadata.uid;
  return isGenerated ? [] : [invalidValue("spec.selector", selector, "`selector` not auto-generated")];
}

function restartProblems(object: ApiObject): StatusCause[] {
  const policy = fieldAt(object, "spec", "template", "spec", "restartPolicy");
  const field = "spec.template.spec.restartPolicy";
  if (policy === undefined) return [required(field, 'valid values: "OnFailure", "Never"')];
  return policy === "Never" || policy === "OnFailure" ? [] : [notSupported(field, policy, ["OnFailure", "Never"])];
}
