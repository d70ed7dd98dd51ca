/** The CustomResourceDefinition of a kind. */

import type { Kind } from "./kind.ts";
import type { KubernetesObject, Resource } from "./resource.ts";

export interface CustomResourceDefinition extends KubernetesObject {
  spec: {
    group: string;
    scope: string;
    names: Record<string, unknown>;
    versions: Record<string, unknown>[];
  };
}

export const CustomResourceDefinition: Resource<CustomResourceDefinition> = {
  group: "apiextensions.k8s.io",
  version: "v1",
  kind: "CustomResourceDefinition",
  plural: "customresourcedefinitions",
  namespaced: false,
};

/** A schema as plain JSON, what people look for first: type and description before the fields. */
function plain(schema: unknown): unknown {
  return JSON.parse(JSON.stringify(schema), (_key, part: unknown) => {
    if (typeof part !== "object" || part === null || !("description" in part) || !("type" in part)) return part;
    const { type, description, ...rest } = part;
    return { type, description, ...rest };
  });
}

function schemaOf(kind: Kind) {
  return {
    type: "object",
    description: kind.description,
    required: ["spec"],
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { type: "object" },
      spec: plain(kind.spec),
      ...(hasStatus(kind) ? { status: plain(kind.status) } : {}),
    },
    ...(kind.rules.length === 0 ? {} : { "x-kubernetes-validations": kind.rules.map((rule) => ({ ...rule })) }),
  };
}

function hasStatus(kind: Kind): boolean {
  return Object.keys(kind.status.properties).length > 0;
}

export function crdOf(kind: Kind): CustomResourceDefinition {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${kind.plural}.${kind.group}` },
    spec: {
      group: kind.group,
      scope: kind.namespaced ? "Namespaced" : "Cluster",
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.plural,
        singular: kind.kind.toLowerCase(),
        shortNames: [...kind.shortNames],
        categories: ["octoplane"],
      },
      versions: [
        {
          name: kind.version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: schemaOf(kind) },
          ...(hasStatus(kind) ? { subresources: { status: {} } } : {}),
          additionalPrinterColumns: kind.columns.map((column) => ({ ...column })),
        },
      ],
    },
  };
}
