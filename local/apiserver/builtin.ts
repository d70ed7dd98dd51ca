/** The built-in resources that are served, and how each is. What they default and refuse: defaults.ts, rules.ts. */

import * as api from "../../api/builtin.ts";
import type { Resource } from "../../api/resource.ts";
import { builtinColumns } from "./builtin-columns.ts";
import { customResourceDefinition } from "./crd.ts";
import { builtinDefaults } from "./defaults.ts";
import { type Kind, storageName } from "./kind.ts";
import { isJsonObject, type JsonObject } from "./object.ts";
import { builtinProblems } from "./rules.ts";

type Options = Partial<Omit<Kind, "resource" | "columns">>;

function namespaced(group: string, version: string, kind: string, plural: string): Resource {
  return { group, version, kind, plural, namespaced: true };
}

function clusterWide(group: string, version: string, kind: string, plural: string): Resource {
  return { group, version, kind, plural, namespaced: false };
}

function builtin(resource: Resource, options: Options = {}): Kind {
  const name = storageName(resource);
  return {
    resource,
    listKind: `${resource.kind}List`,
    singular: resource.kind.toLowerCase(),
    shortNames: [],
    categories: [],
    readOnly: false,
    hasStatus: false,
    hasScale: false,
    generation: "none",
    needsVersionToReplace: false,
    nameRule: "subdomain",
    custom: false,
    columns: builtinColumns(name),
    normalize(object, previous) {
      dropUnset(object);
      builtinDefaults[name]?.(object, previous);
      return [];
    },
    validate: (object, previous) => builtinProblems[name]?.(object, previous) ?? [],
    ...options,
  };
}

/** To the typed decoder of a built-in kind null says nothing, and an empty list is none. */
function dropUnset(value: unknown): void {
  if (Array.isArray(value)) for (const item of value) dropUnset(item);
  if (!isJsonObject(value)) return;
  for (const [name, field] of Object.entries(value) as [keyof JsonObject, unknown][]) {
    if (field === null || (Array.isArray(field) && field.length === 0)) delete value[name];
    else dropUnset(field);
  }
}

const all = ["all"];
const rbac = "rbac.authorization.k8s.io";

export const builtinKinds: readonly Kind[] = [
  builtin(api.Namespace, { hasStatus: true, nameRule: "label", shortNames: ["ns"] }),
  builtin(api.ConfigMap, { shortNames: ["cm"] }),
  builtin(api.Secret),
  builtin(api.Service, { hasStatus: true, nameRule: "service", shortNames: ["svc"], categories: all }),
  builtin(api.ServiceAccount, { shortNames: ["sa"] }),
  builtin(api.Event, { shortNames: ["ev"] }),
  builtin(api.Pod, { readOnly: true, hasStatus: true, shortNames: ["po"], categories: all }),
  builtin(api.Deployment, {
    hasStatus: true,
    hasScale: true,
    generation: "desire and annotations",
    shortNames: ["deploy"],
    categories: all,
  }),
  builtin(api.StatefulSet, {
    hasStatus: true,
    hasScale: true,
    generation: "desire",
    shortNames: ["sts"],
    categories: all,
  }),
  builtin(namespaced("apps", "v1", "ReplicaSet", "replicasets"), {
    readOnly: true,
    shortNames: ["rs"],
    categories: all,
  }),
  builtin(api.Job, { hasStatus: true, generation: "desire", categories: all }),
  builtin(api.CronJob, { hasStatus: true, generation: "desire", shortNames: ["cj"], categories: all }),
  builtin(api.Ingress, { hasStatus: true, generation: "desire", shortNames: ["ing"] }),
  builtin(clusterWide("networking.k8s.io", "v1", "IngressClass", "ingressclasses"), { generation: "desire" }),
  builtin(api.NetworkPolicy, { generation: "desire", shortNames: ["netpol"] }),
  builtin(api.PodDisruptionBudget, { hasStatus: true, generation: "desire", shortNames: ["pdb"] }),
  builtin(api.HorizontalPodAutoscaler, { hasStatus: true, shortNames: ["hpa"], categories: all }),
  builtin(api.EndpointSlice, { generation: "desire" }),
  builtin(namespaced("coordination.k8s.io", "v1", "Lease", "leases"), { needsVersionToReplace: true }),
  builtin(namespaced(rbac, "v1", "Role", "roles"), { nameRule: "path" }),
  builtin(namespaced(rbac, "v1", "RoleBinding", "rolebindings"), { nameRule: "path" }),
  builtin(clusterWide(rbac, "v1", "ClusterRole", "clusterroles"), { nameRule: "path" }),
  builtin(clusterWide(rbac, "v1", "ClusterRoleBinding", "clusterrolebindings"), { nameRule: "path" }),
  customResourceDefinition,
];
