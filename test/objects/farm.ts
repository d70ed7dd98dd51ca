/** Asks a hook of the Buildbarn family about a farm, and reads its answer. */

import type { ConfigMap, Deployment, StatefulSet } from "../../api/builtin.ts";
import type { KubernetesObject, ObjectMeta } from "../../api/resource.ts";
import type { Condition } from "../../api/status.ts";
import type { Settings } from "../../hooks/buildbarn/kinds.ts";
import type { Composite } from "../../hooks/contract/composite.ts";
import { runSync } from "../../hooks/contract/run.ts";
import { syncRequest } from "./request.ts";
import { now } from "./workers.ts";

interface World {
  related?: readonly KubernetesObject[];
  children?: readonly KubernetesObject[];
  settings?: Settings;
  now?: string;
}

export function ask<P extends KubernetesObject>(composite: Composite<P, Settings>, parent: P, world: World = {}) {
  const { related = [], children = [], settings = {} } = world;
  const answer = runSync(composite as never, syncRequest({ parent, related, children }), settings, world.now ?? now);
  const all = answer.status.conditions as Condition[];
  const ofKind = <T>(kind: string) => answer.children.filter((child) => child.kind === kind) as unknown as T[];
  return {
    answer,
    status: answer.status as Record<string, unknown>,
    kinds: answer.children.map(({ kind }) => kind).sort(),
    condition: (type: string) => all.find((condition) => condition.type === type),
    deployment: ofKind<Deployment>("Deployment")[0],
    statefulSet: ofKind<StatefulSet>("StatefulSet")[0],
    configMaps: ofKind<ConfigMap>("ConfigMap"),
    child: <T>(kind: string) => ofKind<T>(kind)[0],
  };
}

/** Children as the API server has them, with what their controllers say. */
export function asStored<T extends KubernetesObject>(child: T, status?: object, metadata: Partial<ObjectMeta> = {}): T {
  return {
    ...child,
    metadata: { uid: `uid-${child.kind}-${child.metadata.name}`, generation: 1, ...child.metadata, ...metadata },
    ...(status === undefined ? {} : { status }),
  };
}

/** All pods that are asked for run what is asked for. */
export function running({ spec }: { spec?: { replicas?: number } }): object {
  const replicas = spec?.replicas ?? 1;
  const counts = { replicas, updatedReplicas: replicas, readyReplicas: replicas, availableReplicas: replicas };
  return { observedGeneration: 1, ...counts, terminatingReplicas: 0 };
}
