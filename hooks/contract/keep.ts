/** Lists an observed child unchanged, where a hook only wants it to stay. */

import type { KubernetesObject } from "../../api/resource.ts";

type Content = KubernetesObject & { spec?: unknown; data?: unknown; immutable?: unknown };

/**
 * The one exception to "no echo of observed objects": kind, name, the child's own labels, its spec or data, and nothing
 * that the server wrote. Use it for children with the update method OnDelete, for which nothing is ever written, and for
 * custom resources, which are stored exactly as a hook sends them; never for built-in kinds, which the server fills in.
 */
export function keep<T extends Content>(child: T): T {
  const { apiVersion, kind, metadata, spec, data, immutable } = child;
  const { "controller-uid": _, ...labels } = metadata.labels ?? {};
  return {
    apiVersion,
    kind,
    metadata: {
      name: metadata.name,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
    },
    ...definedOf({ spec, data, immutable }),
  } as unknown as T;
}

function definedOf(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
