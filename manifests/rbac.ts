/** The rights that Metacontroller needs for the composites, and no more than that: an alternative to its `*`. */

import type { KubernetesObject, Resource } from "../api/resource.ts";
import type { AnyComposite } from "../hooks/composites.ts";

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

interface ClusterRole extends KubernetesObject {
  rules: Rule[];
}

const read = ["get", "list", "watch"];
const own = [...read, "create", "update", "patch", "delete"];

function rule(resources: readonly Resource[], verbs: string[], suffix = ""): Rule[] {
  const groups = Map.groupBy(resources, ({ group }) => group);
  return [...groups].sort().map(([group, members]) => ({
    apiGroups: [group],
    resources: [...new Set(members.map(({ plural }) => `${plural}${suffix}`))].sort(),
    verbs,
  }));
}

export function hooksClusterRole(composites: readonly AnyComposite[]): ClusterRole {
  const parents = composites.map(({ parent }) => parent);
  const children = composites.flatMap(({ children }) => children.map(({ kind }) => kind));
  const related = composites.flatMap(({ related = [] }) => related);
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: { name: "octoplane-metacontroller" },
    rules: [
      ...rule(parents, [...read, "update", "patch"]),
      ...rule(parents, ["get", "update", "patch"], "/status"),
      ...rule(children, own),
      ...rule(related, read),
    ],
  };
}
