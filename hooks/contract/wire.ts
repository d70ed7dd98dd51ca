/**
 * What Metacontroller sends and wants back, for hook versions v1 and v2
 * (https://metacontroller.github.io/metacontroller/api/compositecontroller.html).
 */

import type { KubernetesObject } from "../../api/resource.ts";
import { badRequest } from "./errors.ts";

/** Objects by `Kind.group/version`, then by a key whose form depends on the hook version. */
export type ObjectGroups = Record<string, Record<string, KubernetesObject>>;

export interface SyncRequest {
  parent: KubernetesObject;
  children: ObjectGroups;
  related: ObjectGroups;
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
  if (value === undefined || value === null) return {};
  if (!isRecord(value)) throw badRequest(`${where} must be an object`);
  for (const [group, objects] of Object.entries(value)) {
    if (!isRecord(objects)) throw badRequest(`${where}["${group}"] must be an object`);
    for (const [key, object] of Object.entries(objects)) parseObject(object, `${where}["${group}"]["${key}"]`);
  }
  return value as unknown as ObjectGroups;
}

export function parseParent(body: unknown): KubernetesObject {
  if (!isRecord(body)) throw badRequest("the body must be a JSON object");
  return parseObject(body.parent, "parent");
}

export function parseSyncRequest(body: unknown): SyncRequest {
  const parent = parseParent(body);
  const { children, related, finalizing } = body as Record<string, unknown>;
  return {
    parent,
    children: parseGroups(children, "children"),
    related: parseGroups(related, "related"),
    finalizing: finalizing === true,
  };
}
