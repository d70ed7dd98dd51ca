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
    endpointConfigs?: EndpointConfig[];
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

/** Connection settings of its own replace those of `endpointConfigs` altogether. */
export interface Webhook extends ConnectionSettings {
  /** Wins over `service` and `path`. */
  url?: string;
  service?: { name: string; namespace: string; port?: number; protocol?: string };
  path?: string;
  /** A Go duration such as `1m30s`. Default 10 s. */
  timeout?: string;
  responseUnMarshallMode?: string;
}

/** Whom to trust and how to identify oneself. Of `authorization` and `basicAuth` at most one. */
export interface ConnectionSettings {
  /** Replaces the roots of the system. Exactly one source; `key` defaults to `ca.crt`. */
  caBundle?: { inline?: string; secretRef?: DataKey; configMapRef?: DataKey };
  clientTLS?: { secretRef: ObjectName; certKey?: string; privateKeyKey?: string };
  /** `type` defaults to `Bearer`. */
  authorization?: { type?: string; secretRef: Required<DataKey> };
  basicAuth?: { secretRef: ObjectName; usernameKey?: string; passwordKey?: string };
}

/** The settings of every webhook whose URL has this host. */
export interface EndpointConfig extends ConnectionSettings {
  /** `name` or `name:port`. */
  host: string;
}

export interface ObjectName {
  namespace: string;
  name: string;
}

export interface DataKey extends ObjectName {
  key?: string;
}

export const CompositeController: Resource<CompositeController> = {
  group: "metacontroller.k8s.io",
  version: "v1alpha1",
  kind: "CompositeController",
  plural: "compositecontrollers",
  namespaced: false,
};
