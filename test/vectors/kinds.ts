/** The kinds of the recordings. */

import { ConfigMap, Deployment, Job, Namespace, Secret } from "../../api/builtin.ts";
import type { KubernetesObject, Resource } from "../../api/resource.ts";
import { CompositeController } from "../../local/driver/composite-controller.ts";

const group = "vectors.example.com";

export const Thing: Resource = { group, version: "v1", kind: "Thing", plural: "things", namespaced: true };
export const Kid: Resource = { group, version: "v1", kind: "Kid", plural: "kids", namespaced: true };
export const Cluster: Resource = { group, version: "v1", kind: "Cluster", plural: "clusters", namespaced: false };

export const CustomResourceDefinition: Resource<KubernetesObject & { spec: object }> = {
  group: "apiextensions.k8s.io",
  version: "v1",
  kind: "CustomResourceDefinition",
  plural: "customresourcedefinitions",
  namespaced: false,
};

export const kinds = { Thing, Kid, Cluster, ConfigMap, Secret, Deployment, Job, Namespace } as Record<string, Resource>;

export function kindOf(object: KubernetesObject): Resource {
  const resource = kinds[object.kind];
  if (resource === undefined) throw new Error(`the recordings have no kind ${object.kind}`);
  return resource;
}

const anything = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
const string = { type: "string" };

const status = {
  type: "object",
  properties: {
    phase: { type: "string", enum: ["Pending", "Ready", "Failed"] },
    count: { type: "integer" },
    ready: { type: "boolean" },
    observedGeneration: { type: "integer", format: "int64" },
    conditions: {
      type: "array",
      items: {
        type: "object",
        properties: { type: string, status: string, reason: string, message: string, lastTransitionTime: string },
      },
    },
  },
};

export function definitionOf({ plural, kind, group, version, namespaced }: Resource) {
  const own = group === Thing.group;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: namespaced ? "Namespaced" : "Cluster",
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: {
            openAPIV3Schema: { type: "object", properties: { spec: anything, status: own ? status : anything } },
          },
        },
      ],
    },
  };
}

export const controllerDefinition = definitionOf(CompositeController);
