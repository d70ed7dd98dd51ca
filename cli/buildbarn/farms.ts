/** Farms as the command sees them: the Buildbarn resources of a namespace. */

import type { Resource } from "../../api/resource.ts";
import { type Component, farmKinds } from "../../hooks/buildbarn/kinds.ts";
import { inOrder } from "../../hooks/contract/order.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { visible } from "../installation-settings.ts";

/** How people call the kinds. */
export const componentNames = ["storage", "scheduler", "frontend", "browser", "worker"] as const;
export type ComponentName = (typeof componentNames)[number];

/** `worker` of a BuildbarnWorker. */
export function componentName({ kind }: Pick<Component, "kind">): ComponentName {
  return kind.replace("Buildbarn", "").toLowerCase() as ComponentName;
}

export interface Farm {
  namespace: string;
  /** Storage and scheduler first: the others need them. */
  components: Component[];
}

function rank(component: Component): number {
  return componentNames.indexOf(componentName(component));
}

function byRank(a: Component, b: Component): number {
  return rank(a) - rank(b) || inOrder(a.metadata.name, b.metadata.name);
}

/**
 * Sorted by namespace. None where the kinds are not installed, or not for this user.
 *
 * @param namespace default: all.
 */
export async function listFarms(client: KubernetesClient, namespace?: string): Promise<Farm[]> {
  const lists = await Promise.all(
    farmKinds.map((kind) => visible(client.list(kind as Resource<Component>, { namespace }), { items: [] })),
  );
  const components = lists.flatMap(({ items }) => items as Component[]);
  return [...Map.groupBy(components, ({ metadata }) => metadata.namespace ?? "")]
    .map(([name, members]) => ({ namespace: name, components: members.sort(byRank) }))
    .sort((a, b) => inOrder(a.namespace, b.namespace));
}
