/** What Metacontroller may do: what the composites need, instead of the `*` that it asks for. Every rule has a reason. */

import type { KubernetesObject, Resource } from "../api/resource.ts";
import type { AnyComposite } from "../hooks/composites.ts";

interface PolicyRule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

interface ClusterRole extends KubernetesObject {
  rules: PolicyRule[];
}

/** A role, and why each of its rules is there. */
export interface ExplainedRole {
  role: ClusterRole;
  reasons: string[];
}

interface Grant {
  reason: string;
  to: Pick<Resource, "group" | "plural">[];
  verbs: string[];
}

const read = ["get", "list", "watch"];
const own = [...read, "create", "update", "patch", "delete"];

const resource = (group: string, plural: string) => ({ group, plural });
const part = (name: string) => (parent: Resource) => resource(parent.group, `${parent.plural}/${name}`);

/** What Metacontroller does whatever it drives; found in its sources, version 4.17. */
const itself: Grant[] = [
  {
    reason: "What it drives. It watches all three of its kinds, and stops where one cannot be listed.",
    to: ["compositecontrollers", "decoratorcontrollers", "controllerrevisions"].map((plural) =>
      resource("metacontroller.k8s.io", plural),
    ),
    verbs: read,
  },
  {
    reason: "It looks at a parent's definition for its status subresource.",
    to: [resource("apiextensions.k8s.io", "customresourcedefinitions")],
    verbs: read,
  },
  {
    reason: "Each of its controllers watches them, for rules that select by namespace.",
    to: [resource("", "namespaces")],
    verbs: read,
  },
  {
    reason: "It reads the hook server's authority and token through a cache of all Secrets; a role cannot narrow that.",
    to: [resource("", "secrets")],
    verbs: read,
  },
  { reason: "What goes wrong is told to the parent.", to: [resource("", "events")], verbs: ["create", "patch"] },
];

function grants(composites: readonly AnyComposite[]): Grant[] {
  const parents = composites.map(({ parent }) => parent);
  const children = composites.flatMap(({ children }) => children.map(({ kind }) => kind));
  const finalized = composites.filter(({ finalize }) => finalize !== undefined).map(({ parent }) => parent);
  return [
    ...itself,
    { reason: "Parents: what users and other hooks want.", to: parents, verbs: read },
    { reason: "Parents with a finalizer, which it adds and removes.", to: finalized, verbs: ["update"] },
    { reason: "What a hook says of its parent.", to: parents.map(part("status")), verbs: ["update"] },
    {
      reason: "Owner references that block deletion, where the API server asks who may set them.",
      to: parents.map(part("finalizers")),
      verbs: ["update"],
    },
    { reason: "Children: what hooks want to exist. patch is for server-side apply.", to: children, verbs: own },
    {
      reason: "What hooks look at beside their children.",
      to: composites.flatMap(({ related = [] }) => related),
      verbs: read,
    },
  ];
}

function rulesOf({ to, verbs }: Grant): PolicyRule[] {
  return [...Map.groupBy(to, ({ group }) => group)].sort().map(([group, members]) => ({
    apiGroups: [group],
    resources: [...new Set(members.map(({ plural }) => plural))].sort(),
    verbs,
  }));
}

export function metacontrollerRole(composites: readonly AnyComposite[]): ExplainedRole {
  const explained = grants(composites).flatMap((grant) =>
    rulesOf(grant).map((rule) => ({ rule, reason: grant.reason })),
  );
  return {
    role: {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: "octoplane-metacontroller", labels: { "app.kubernetes.io/part-of": "octoplane" } },
      rules: explained.map(({ rule }) => rule),
    },
    reasons: explained.map(({ reason }) => reason),
  };
}
