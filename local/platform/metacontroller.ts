/** The CompositeController kind, so that the driver is told what to do in the same words as Metacontroller. */

import type { CustomResourceDefinition } from "../../api/crd.ts";

const anyObject = { type: "object", "x-kubernetes-preserve-unknown-fields": true };

export const compositeControllerDefinition: CustomResourceDefinition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "compositecontrollers.metacontroller.k8s.io" },
  spec: {
    group: "metacontroller.k8s.io",
    scope: "Cluster",
    names: {
      kind: "CompositeController",
      listKind: "CompositeControllerList",
      plural: "compositecontrollers",
      singular: "compositecontroller",
      shortNames: ["cc", "cctl"],
    },
    versions: [
      {
        name: "v1alpha1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: { type: "object", required: ["spec"], properties: { spec: anyObject, status: anyObject } },
        },
        subresources: { status: {} },
      },
    ],
  },
};
