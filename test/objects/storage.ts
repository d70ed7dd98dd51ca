/** Asks the hook of a storage, step by step. */

import type { BuildbarnStorage } from "../../api/buildbarn/buildbarn-storage.ts";
import type { StatefulSet } from "../../api/builtin.ts";
import type { KubernetesObject } from "../../api/resource.ts";
import { buildbarnStorage } from "../../hooks/buildbarn/buildbarn-storage.ts";
import { ask, asStored, running } from "./farm.ts";

export const sync = (parent: BuildbarnStorage, world: Parameters<typeof ask>[2] = {}) =>
  ask(buildbarnStorage, parent, world);

/** What there is after the hook was asked, with all pods ready. */
export function stepped(parent: BuildbarnStorage, world: Parameters<typeof ask>[2] = {}): StatefulSet {
  const { statefulSet } = sync(parent, world);
  return asStored(statefulSet as StatefulSet, running(statefulSet as StatefulSet));
}

/** Asks until the answer stays. */
export function atRest(parent: BuildbarnStorage, related: KubernetesObject[] = []): StatefulSet {
  const first = stepped(parent, { related });
  return stepped(parent, { related, children: [first] });
}
