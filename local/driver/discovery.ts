/** From `apiVersion` and plural, as CompositeControllers name kinds, to resources. */

import type { Resource } from "../../api/resource.ts";
import { isNotFound, type KubernetesClient } from "../../kubernetes/client.ts";

export interface DiscoveredResource extends Resource {
  /** Whether the kind has a `status` subresource. */
  readonly hasStatus: boolean;
}

export interface Discovery {
  /** `undefined` when the API server does not serve it. Answers are remembered for a while. */
  find(apiVersion: string, plural: string): Promise<DiscoveredResource | undefined>;
  /** To be called when a CustomResourceDefinition comes, changes or goes. */
  forget(): void;
}

interface ApiResourceList {
  resources: { name: string; kind: string; namespaced: boolean }[];
}

/** An API server serves a kind for a moment after its definition is gone; who asked then asks again. */
const rememberMs = 10_000;

export function discovery(client: KubernetesClient): Discovery {
  let known = new Map<string, { resource: DiscoveredResource; until: number }>();

  return {
    async find(apiVersion, plural) {
      const key = `${apiVersion}/${plural}`;
      const remembered = known.get(key);
      if (remembered !== undefined && performance.now() < remembered.until) return remembered.resource;
      const generation = known;
      const resource = resourceIn(await served(client, apiVersion), apiVersion, plural);
      if (resource === undefined) known.delete(key);
      else if (generation === known) known.set(key, { resource, until: performance.now() + rememberMs });
      return resource;
    },
    forget() {
      known = new Map();
    },
  };
}

async function served(client: KubernetesClient, apiVersion: string): Promise<ApiResourceList["resources"]> {
  const path = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  try {
    const list = await client.getRaw<ApiResourceList>(path);
    return list.resources;
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

function resourceIn(resources: ApiResourceList["resources"], apiVersion: string, plural: string) {
  const found = resources.find((resource) => resource.name === plural);
  if (found === undefined) return undefined;
  const [version = "", group = ""] = apiVersion.split("/").reverse();
  const hasStatus = resources.some((resource) => resource.name === `${plural}/status`);
  return { group, version, plural, kind: found.kind, namespaced: found.namespaced, hasStatus };
}
