/** Farms at rest, and what their pods start: programs, with the files and the environment that they find. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Container, PodSpec } from "kubernetes-types/core/v1.js";
import { parseAllDocuments } from "yaml";
import { configFolder } from "../../api/buildbarn/names.ts";
import type { VersionName } from "../../api/buildbarn/versions.ts";
import { ConfigMap, Deployment, StatefulSet } from "../../api/builtin.ts";
import type { ObjectMeta } from "../../api/resource.ts";
import type { Settings } from "../../hooks/composites.ts";
import type { AnyObject } from "../../local/driver/json.ts";
import { settings } from "../objects/workers.ts";
import { all, create } from "../properties/cluster.ts";
import { emptyFarm, type FarmModel, objectsOf } from "../properties/farm-model.ts";
import { rest } from "../properties/farm-pods.ts";

export const examplesFolder = join(import.meta.dirname, "../../examples/buildbarn");

/** Examples by the files that make them. */
export const exampleFarms: Record<string, readonly string[]> = {
  minimal: ["minimal.yaml"],
  pools: ["minimal.yaml", "pools.yaml"],
  fuse: ["minimal.yaml", "fuse.yaml"],
  tls: ["tls.yaml"],
};

/** The resources of an example. */
export function documents(file: string): AnyObject[] {
  const parsed = parseAllDocuments(readFileSync(join(examplesFolder, file), "utf8"));
  return parsed.map((document) => document.toJS() as AnyObject).filter(({ kind }) => kind.startsWith("Buildbarn"));
}

/** The farm of these resources, at rest. */
export function farmOf(objects: readonly AnyObject[], installation: Settings = settings): FarmModel {
  const model = emptyFarm({ settings: installation });
  for (const object of objects) create(model.cluster, object);
  rest(model);
  return model;
}

/** A program as a pod starts it. */
export interface Program {
  /** The resource, and the key of the file: `worker: runner-ubuntu22-04.jsonnet`. */
  title: string;
  component: string;
  version: VersionName;
  key: string;
  /** The file's text. */
  text: string;
  /** Environment; those of fields and Secrets have their own name as value. */
  variables: Record<string, string>;
  container: Container;
  pod: PodSpec;
  claims: NonNullable<NonNullable<StatefulSet["spec"]>["volumeClaimTemplates"]>;
}

function keyOf({ command = [], args = [] }: Container): string | undefined {
  const path = [...command, ...args].at(-1);
  return path?.startsWith(configFolder) ? path.slice(configFolder.length) : undefined;
}

/** What the resource of a workload says. */
function specOf({ cluster }: FarmModel, { ownerReferences: [owner] = [] }: ObjectMeta): { version: VersionName } {
  return all(cluster).find(({ metadata }) => metadata.uid === owner?.uid)?.spec as { version: VersionName };
}

export function programsOf(model: FarmModel): Program[] {
  const configMaps = new Map(objectsOf(model, ConfigMap).map((map) => [map.metadata.name, map.data]));
  const workloads: (StatefulSet | Deployment)[] = [...objectsOf(model, StatefulSet), ...objectsOf(model, Deployment)];
  return workloads.flatMap(({ metadata, spec }) => {
    const pod = spec?.template.spec ?? { containers: [] };
    const { version } = specOf(model, metadata);
    const claims = (spec as StatefulSet["spec"])?.volumeClaimTemplates ?? [];
    const data = configMaps.get(pod.volumes?.find(({ configMap }) => configMap)?.configMap?.name ?? "");
    return [...(pod.initContainers ?? []), ...pod.containers].flatMap((container) => {
      const key = keyOf(container);
      if (key === undefined) return [];
      const variables = Object.fromEntries((container.env ?? []).map(({ name, value }) => [name, value ?? name]));
      const text = data?.[key];
      if (text === undefined) throw new Error(`${metadata.name}: there is no file ${key}`);
      const title = `${metadata.name}: ${key}`;
      return [{ title, component: metadata.name, version, key, text, variables, container, pod, claims }];
    });
  });
}
