/** The `/scale` subresource of Deployments: the number of replicas, seen through an object of its own. */

import type { ApiObject } from "./object.ts";
import { fieldAt, isJsonObject } from "./object.ts";
import { badRequest } from "./status.ts";

export function scaleOf(object: ApiObject): object {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const labels = fieldAt(object, "spec", "selector", "matchLabels");
  const selector = isJsonObject(labels) ? Object.entries(labels).map(([key, value]) => `${key}=${value}`) : [];
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: fieldAt(object, "spec", "replicas") ?? 0 },
    status: { replicas: fieldAt(object, "status", "replicas") ?? 0, selector: selector.join(",") },
  };
}

/** The object with the replicas, and the precondition, of a Scale. Throws 400 for a number that is none. */
export function scaled(object: ApiObject, scale: unknown): ApiObject {
  const replicas = fieldAt(scale, "spec", "replicas") ?? 0;
  if (!Number.isInteger(replicas) || Number(replicas) < 0) {
    throw badRequest(`spec.replicas must be a whole number that is not negative, not ${JSON.stringify(replicas)}`);
  }
  const { spec, metadata } = object;
  const resourceVersion = fieldAt(scale, "metadata", "resourceVersion");
  return {
    ...object,
    metadata: {
      ...metadata,
      ...(typeof resourceVersion === "string" && resourceVersion !== "" && { resourceVersion }),
    },
    spec: { ...(isJsonObject(spec) && spec), replicas },
  };
}
