/** When something was first seen, by the clock of this process. */

import type { KubernetesObject, Resource } from "../../api/resource.ts";
import { cache } from "../../kubernetes/cache.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";

export interface Moments {
  /** Milliseconds of `performance.now()` when an object first was so. */
  first<T extends KubernetesObject>(resource: Resource<T>, isSo: (object: T) => boolean | undefined): Promise<number>;
  close(): void;
}

const timeoutMs = 60_000;

export async function moments(
  client: KubernetesClient,
  namespace: string,
  resources: readonly Resource[],
): Promise<Moments> {
  const caches = new Map(resources.map((resource) => [resource, cache(client, resource, { namespace })]));
  await Promise.all([...caches.values()].map(({ ready }) => ready));
  return {
    async first(resource, isSo) {
      const objects = caches.get(resource as Resource);
      if (objects === undefined) throw new Error(`${resource.plural} are not watched`);
      await objects.waitFor(({ list }) => list().some((object) => isSo(object as never)), { timeoutMs });
      return performance.now();
    },
    close: () => {
      for (const each of caches.values()) each.close();
    },
  };
}
