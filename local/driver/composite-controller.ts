/** The CompositeController kind, as far as the driver reads it. */

import type { KubernetesObject, Resource } from "../../api/resource.ts";
import type { LabelSelector } from "./selector.ts";

export interface CompositeController extends KubernetesObject {
  spec: {
    parentResource: {
      apiVersion: string;
      resource: string;
      labelSelector?: LabelSelector;
      ignoreStatusChanges?: boolean;
    };
    childResources?: ChildResource[];
    /** Ignore the parent's own selector; label children with `controller-uid` instead. */
    generateSelector?: boolean;
    resyncPeriodSeconds?: number;
    hooks?: Partial<Record<HookName, Hook>>;
    endpointConfigs?: unknown[];
  };
}

export interface ChildResource {
  apiVersion: string;
  resource: string;
  updateStrategy?: { method?: string };
}

export type HookName = "sync" | "finalize" | "customize";

export interface Hook {
  version?: string;
  webhook?: Webhook;
}

export interface Webhook {
  /** Wins over `service` and `path`. */
  url?: string;
  service?: { name: string; namespace: string; port?: number; protocol?: string };
  path?: string;
  /** A Go duration such as `1m30s`. Default 10 s. */
  timeout?: string;
  responseUnMarshallMode?: string;
  [field: string]: unknown;
}

export const CompositeController: Resource<CompositeController> = {
  group: "metacontroller.k8s.io",
  version: "v1alpha1",
  kind: "CompositeController",
  plural: "compositecontrollers",
  namespaced: false,
};
