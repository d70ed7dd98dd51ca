/** Lists as tables, which is what `kubectl get` prints. */

import type { Kind } from "./kind.ts";
import type { ApiObject } from "./object.ts";

/** What a row says about its object besides the cells. */
export type IncludeObject = "None" | "Metadata" | "Object";

export interface Table {
  kind: "Table";
  apiVersion: "meta.k8s.io/v1";
  metadata: { resourceVersion?: string };
  columnDefinitions: { name: string; type: string; format: string; description: string; priority: number }[];
  rows: { cells: unknown[]; object?: object }[];
}

export function tableOf(
  kind: Kind,
  objects: readonly ApiObject[],
  resourceVersion?: string,
  include: IncludeObject = "Metadata",
): Table {
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: { ...(resourceVersion !== undefined && { resourceVersion }) },
    columnDefinitions: kind.columns.map(({ name, type, description = "", priority = 0 }) => ({
      name,
      type,
      format: name === "Name" ? "name" : "",
      description,
      priority,
    })),
    rows: objects.map((object) => ({
      cells: kind.columns.map(({ cell }) => cell(object)),
      ...(include !== "None" && { object: include === "Object" ? object : metadataOf(object) }),
    })),
  };
}

/** Clients that only follow metadata ask for this instead of the object. */
export function metadataOf({ metadata }: ApiObject): object {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata };
}
