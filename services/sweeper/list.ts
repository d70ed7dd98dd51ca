/** Lists that are whole: who deletes what nobody lists must know that he has seen everybody. */

import { apiVersionOf, type KubernetesObject, type Resource } from "../../api/resource.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { collectionPath, search } from "../../kubernetes/path.ts";

interface Answer<T> {
  kind?: unknown;
  metadata?: { resourceVersion?: unknown; continue?: unknown };
  items?: T[] | null;
}

/** The objects of all namespaces. @throws Error when the answer is no list, or not the whole one */
export async function wholeList<T extends KubernetesObject>(
  client: KubernetesClient,
  resource: Resource<T>,
  labelSelector?: string,
): Promise<T[]> {
  const path = collectionPath(resource) + search({ labelSelector });
  const { kind, metadata, items } = await client.getRaw<Answer<T>>(path);
  const isList = kind === `${resource.kind}List` && Boolean(metadata?.resourceVersion) && Array.isArray(items);
  if (!isList) throw new Error(`GET ${path}: the answer is no list`);
  if (metadata?.continue) throw new Error(`GET ${path}: the answer is only the beginning of the list`);
  const type = { apiVersion: apiVersionOf(resource), kind: resource.kind };
  return items.map((item) => ({ ...type, ...item }));
}
