/** The five kinds of a farm, as hooks see them beside their own parent. */

import { BuildbarnBrowser } from "../../api/buildbarn/buildbarn-browser.ts";
import { BuildbarnFrontend } from "../../api/buildbarn/buildbarn-frontend.ts";
import { BuildbarnScheduler } from "../../api/buildbarn/buildbarn-scheduler.ts";
import { BuildbarnStorage } from "../../api/buildbarn/buildbarn-storage.ts";
import { BuildbarnWorker } from "../../api/buildbarn/buildbarn-worker.ts";
import type { BuildbarnSettings } from "../../api/buildbarn/settings.ts";
import { type BuildbarnVersion, versions } from "../../api/buildbarn/versions.ts";
import type { ObjectSet } from "../contract/observed.ts";

/** The part of the installation's settings that the family reads. */
export interface Settings {
  buildbarn?: BuildbarnSettings;
}

/** Kinds whose pods read and write blobs. */
export type StorageClient = BuildbarnScheduler | BuildbarnFrontend | BuildbarnBrowser | BuildbarnWorker;
export type Component = StorageClient | BuildbarnStorage;

export const clientKinds = [BuildbarnBrowser, BuildbarnFrontend, BuildbarnScheduler, BuildbarnWorker] as const;
export const farmKinds = [...clientKinds, BuildbarnStorage] as const;

export function clientsIn(related: ObjectSet): StorageClient[] {
  return clientKinds.flatMap((kind): StorageClient[] => related.all<StorageClient>(kind));
}

export function componentsIn(related: ObjectSet): Component[] {
  return [...clientsIn(related), ...related.all(BuildbarnStorage)];
}

/** `BuildbarnWorker ubuntu`: how messages name a resource. */
export function titleOf({ kind, metadata }: Component): string {
  return `${kind} ${metadata.name}`;
}

export function versionOf({ spec }: Component): BuildbarnVersion {
  return versions[spec.version];
}

/** The ConfigMap that a user wrote by hand, if that is what the resource says. */
export function ownConfigMap({ spec }: Component): string | undefined {
  return spec.configMapName === "" ? undefined : spec.configMapName;
}
