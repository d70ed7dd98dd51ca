/** The CompositeController of a composite: what tells Metacontroller to call its hooks. */

import { apiVersionOf, type KubernetesObject, type Resource } from "../../api/resource.ts";
import { type Composite, compositeName } from "./composite.ts";

export type HookName = "sync" | "customize" | "finalize";

/** Where the hook server is, as the `webhook` of Metacontroller says it: a Service, or a URL. */
export type HookAddress = HookService | { url: string };

export interface HookService {
  service: { name: string; namespace: string; port: number; protocol: "http" | "https" };
  /** Secrets of the same namespace by which both sides know each other. */
  secrets?: {
    /** Its `ca.crt` signs the server's certificate. */
    tls: string;
    /** Its `token` is the caller's bearer token. */
    token: string;
  };
}

export interface CompositeController extends KubernetesObject {
  spec: Record<string, unknown>;
}

export const CompositeController: Resource<CompositeController> = {
  group: "metacontroller.k8s.io",
  version: "v1alpha1",
  kind: "CompositeController",
  plural: "compositecontrollers",
  namespaced: false,
};

/** Longer than any hook takes, shorter than anybody's patience. */
const timeout = "10s";

export function hookPath(composite: Pick<Composite, "parent">, hook: HookName): string {
  return `/hooks/${compositeName(composite)}/${hook}`;
}

export function hooksOf({ customize, finalize }: Pick<Composite, "customize" | "finalize">): HookName[] {
  return [
    "sync" as const,
    ...(customize === undefined ? [] : ["customize" as const]),
    ...(finalize === undefined ? [] : ["finalize" as const]),
  ];
}

function webhook(address: HookAddress, path: string) {
  if ("url" in address) return { url: `${address.url}${path}`, timeout };
  return { service: address.service, path, timeout };
}

/** How to connect to the host of the webhooks: a Service is called by its name and namespace. */
function endpointConfigs(address: HookAddress) {
  if ("url" in address || address.secrets === undefined) return {};
  const { service, secrets } = address;
  const key = (name: string, key: string) => ({ secretRef: { name, namespace: service.namespace, key } });
  return {
    endpointConfigs: [
      {
        host: `${service.name}.${service.namespace}:${service.port}`,
        caBundle: key(secrets.tls, "ca.crt"),
        authorization: { type: "Bearer", ...key(secrets.token, "token") },
      },
    ],
  };
}

export function compositeControllerOf(
  composite: Pick<Composite, "parent" | "children" | "customize" | "finalize">,
  address: HookAddress,
): CompositeController {
  const { parent, children } = composite;
  const hooks = hooksOf(composite).map((hook) => [
    hook,
    { version: "v2", webhook: webhook(address, hookPath(composite, hook)) },
  ]);
  return {
    apiVersion: "metacontroller.k8s.io/v1alpha1",
    kind: "CompositeController",
    metadata: { name: compositeName(composite) },
    spec: {
      generateSelector: true,
      parentResource: { apiVersion: apiVersionOf(parent), resource: parent.plural, ignoreStatusChanges: true },
      childResources: children.map(({ kind, update }) => ({
        apiVersion: apiVersionOf(kind),
        resource: kind.plural,
        updateStrategy: { method: update },
      })),
      hooks: Object.fromEntries(hooks),
      ...endpointConfigs(address),
    },
  };
}
