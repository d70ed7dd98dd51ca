/** Lists an observed child unchanged, where a hook only wants it to stay. */

import type { KubernetesObject } from "../../api/resource.ts";

type Content = KubernetesObject & { spec?: unknown };

/**
 * The one exception to "no echo of observed objects": kind, name, the child's own labels and its spec, and nothing that
 * the server wrote. Use it for children with the update method OnDelete, for which nothing is ever written, and for
 * custom resources, which are stored exactly as a hook sends them; never for built-in kinds, which the server fills in.
 */
export function keep<T extends Content>(child: T): T {
  const { apiVersion, kind, metadata, spec } = child;
  const { "controller-uid": _, ...labels } = metadata.labels ?? {};
  return {
    apiVersion,
    kind,
    metadata: {
      name: metadata.name,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
    },
    ...(spec === undefined ? {} : { spec }),
  } as unknown as T;
}
