/**
 * What Metacontroller sends and wants back, for hook versions v1 and v2
 * (https://metacontroller.github.io/metacontroller/api/compositecontroller.html).
 */

import { apiVersionOf, type KubernetesObject, type Resource } from "../../api/resource.ts";
import { badRequest } from "./errors.ts";

/** Objects by `Kind.group/version`, then by a key whose form depends on the hook version. */
export type ObjectGroups = Record<string, Record<string, KubernetesObject>>;

export interface SyncRequest {
  parent: KubernetesObject;
  children: ObjectGroups;
  related: ObjectGroups;
  /** Whether the parent is to end and the finalize hook is asked. */
  finalizing: boolean;
}

export interface SyncResponse {
  status: Record<string, unknown>;
  children: KubernetesObject[];
  resyncAfterSeconds?: number;
  finalized?: boolean;
}

export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

export interface RelatedRule {
  apiVersion: string;
  resource: string;
  namespace?: string;
  names?: string[];
  labelSelector?: LabelSelector;
}

export interface CustomizeResponse {
  relatedResources: RelatedRule[];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseObject(value: unknown, where: string): KubernetesObject {
  if (!isRecord(value) || !isRecord(value.metadata)) throw badRequest(`${where} must be a Kubernetes object`);
  const { apiVersion, kind, metadata } = value;
  if (typeof apiVersion !== "string" || typeof kind !== "string" || typeof metadata.name !== "string") {
    throw badRequest(`${where} must have apiVersion, kind and metadata.name`);
  }
  return value as unknown as KubernetesObject;
}

function parseGroups(value: unknown, where: string): ObjectGroups {
  if (!isRecord(value)) throw badRequest(`${where} must be an object`);
  for (const [group, objects] of Object.entries(value)) {
    if (!isRecord(objects)) throw badRequest(`${where}["${group}"] must be an object`);
    for (const [key, object] of Object.entries(objects)) parseObject(object, `${where}["${group}"]["${key}"]`);
  }
  return value as unknown as ObjectGroups;
}

/** The parent of a request; it must be of the kind whose hook is asked, in a version that the hook knows. */
export function parseParent(body: unknown, resource: Resource): KubernetesObject {
  if (!isRecord(body)) throw badRequest("the body must be a JSON object");
  const parent = parseObject(body.parent, "parent");
  const wanted = `${apiVersionOf(resource)} ${resource.kind}`;
  const found = `${parent.apiVersion} ${parent.kind}`;
  if (found !== wanted) throw badRequest(`parent is ${found}; this hook answers for ${wanted}`);
  if (!isRecord((parent as { spec?: unknown }).spec)) throw badRequest("parent must have a spec");
  return parent;
}

/**
 * Children and related objects are always sent, be it as empty maps: a request without them is not Metacontroller's,
 * and a hook that took it for "nothing exists" would have everything deleted.
 */
export function parseSyncRequest(body: unknown, resource: Resource): SyncRequest {
  const parent = parseParent(body, resource);
  const { children, related, finalizing } = body as Record<string, unknown>;
  return {
    parent,
    children: parseGroups(children, "children"),
    related: parseGroups(related, "related"),
    finalizing: finalizing === true,
  };
}
