/** Which kinds are served now: the built-in ones and those of every CRD. */

import { builtinKinds } from "./builtin.ts";
import { type CustomResourceDefinition, crdStorage, kindsOf } from "./crd.ts";
import { type Kind, storageName } from "./kind.ts";
import type { ApiObject } from "./object.ts";
import type { Store } from "./store.ts";

export interface Registry {
  find(group: string, version: string, plural: string): Kind | undefined;
  /** Any served version of a stored resource. */
  stored(resource: string): Kind | undefined;
  all(): Kind[];
}

/** Follows the CRDs of the store from now on. */
export function createRegistry(store: Store): Registry {
  const custom = new Map<string, { generation: number | undefined; kinds: Kind[] }>();

  function learn(object: ApiObject): void {
    const { name, generation } = object.metadata;
    if (custom.get(name)?.generation === generation) return; // a new status changes nothing, so compiled schemas stay
    custom.set(name, { generation, kinds: kindsOf(object as CustomResourceDefinition) });
  }

  for (const crd of store.list(crdStorage)) learn(crd);
  store.feed.subscribe(({ type, key, object }) => {
    if (key.resource !== crdStorage) return;
    if (type === "DELETED") custom.delete(key.name);
    else learn(object);
  });

  function all(): Kind[] {
    return [...builtinKinds, ...[...custom.values()].flatMap(({ kinds }) => kinds)];
  }

  return {
    all,
    find: (group, version, plural) =>
      all().find(
        ({ resource }) => resource.plural === plural && resource.group === group && resource.version === version,
      ),
    stored: (name) => all().find(({ resource }) => storageName(resource) === name),
  };
}
