/** Objects of the Buildbarn family for tests, as the API server stores them: with the defaults of their schema. */

import { BuildbarnBrowser } from "../../api/buildbarn/buildbarn-browser.ts";
import { BuildbarnFrontend } from "../../api/buildbarn/buildbarn-frontend.ts";
import { BuildbarnScheduler } from "../../api/buildbarn/buildbarn-scheduler.ts";
import { BuildbarnStorage } from "../../api/buildbarn/buildbarn-storage.ts";
import { BuildbarnWorker } from "../../api/buildbarn/buildbarn-worker.ts";
import { crdOf } from "../../api/crd.ts";
import type { Kind } from "../../api/kind.ts";
import type { KubernetesObject, ObjectMeta } from "../../api/resource.ts";
import { type Schema, setDefaults } from "../../local/apiserver/structural.ts";
import { stored } from "./workers.ts";

function filledIn<T extends KubernetesObject>(kind: Kind<T>, object: T): T {
  const [version] = crdOf(kind as unknown as Kind).spec.versions as { schema: { openAPIV3Schema: Schema } }[];
  const copy = structuredClone(object);
  setDefaults(copy as never, version?.schema.openAPIV3Schema ?? {});
  return copy;
}

type Spec<T> = T extends { spec: infer S } ? { [Field in keyof S]?: unknown } : never;
type Metadata<T> = Partial<ObjectMeta> & { status?: T extends { status?: infer S } ? S : never };

function maker<T extends KubernetesObject & { spec: unknown }>(kind: Kind<T>, name: string) {
  return (spec: Spec<T> = {} as Spec<T>, metadata: Metadata<T> = {}): T =>
    filledIn(kind, stored(kind, { name, ...metadata } as never, spec as never) as T);
}

export const frontend = maker(BuildbarnFrontend, "frontend");
export const scheduler = maker(BuildbarnScheduler, "scheduler");
export const browser = maker(BuildbarnBrowser, "browser");
export const worker = maker(BuildbarnWorker, "worker");
export const plainStorage = maker(BuildbarnStorage, "storage");

/** The resources above, as a storage has taken note of them. */
export const notedClients = ["Frontend", "Scheduler", "Browser", "Worker"].map((kind) => ({
  uid: `uid-Buildbarn${kind}-${kind.toLowerCase()}`,
  generation: 1,
}));

/** A storage of two shards that are ready, and that has taken note of everybody. */
export function storage(spec: Spec<BuildbarnStorage> = {}, metadata: Metadata<BuildbarnStorage> = {}) {
  return plainStorage(spec, {
    status: { shardMap: { revision: 1, shards: 2, clients: notedClients } },
    ...metadata,
  });
}
