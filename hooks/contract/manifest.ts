/** The CompositeController of a composite: what tells Metacontroller to call its hooks. */

import { apiVersionOf, type KubernetesObject, type Resource } from "../../api/resource.ts";
import { type Composite, compositeName } from "./composite.ts";

export type HookName = "sync" | "customize" | "finalize";

/** Where the hook server is, as the `webhook` of Metacontroller says it: a Service, or a URL. */
export type HookAddress =
  | { service: { name: string; namespace: string; port: number; protocol: "http" | "https" } }
  | { url: string };

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
    },
  };
}
