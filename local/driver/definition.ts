/** A CompositeController, checked and resolved: what the driver runs. */

import type { Resource } from "../../api/resource.ts";
import type {
  ChildResource,
  CompositeController,
  ConnectionSettings,
  HookName,
  Webhook,
} from "./composite-controller.ts";
import { type Connection, settingsFor } from "./connection.ts";
import type { DiscoveredResource, Discovery } from "./discovery.ts";
import type { HookVersion } from "./keys.ts";
import type { LabelSelector } from "./selector.ts";

export type UpdateMethod = "OnDelete" | "Recreate" | "InPlace";

export interface ChildRule {
  resource: Resource;
  method: UpdateMethod;
}

export interface HookTarget {
  name: HookName;
  version: HookVersion;
  url: string;
  /** The URL of another server that answers for `url`. */
  at?: string;
  connection: Connection;
  timeoutMs: number;
  /** Unknown fields in the answer are an error. */
  strict: boolean;
}

export interface Definition {
  name: string;
  /** Sent with every request. */
  controller: CompositeController;
  parent: Resource;
  parentSelector: LabelSelector;
  ignoreStatusChanges: boolean;
  children: ChildRule[];
  generateSelector: boolean;
  resyncPeriodMs: number | undefined;
  hooks: { sync: HookTarget; finalize: HookTarget | undefined; customize: HookTarget | undefined };
}

export type OpenConnection = (settings: ConnectionSettings) => Promise<Connection>;

/** Throws an error for users: what in the CompositeController cannot be run, and why. */
export async function define(
  controller: CompositeController,
  discovery: Discovery,
  open: OpenConnection,
): Promise<Definition> {
  const { spec } = controller;
  const sync = await hookTarget("sync", spec, open);
  if (sync === undefined) throw new Error("spec.hooks.sync is missing: without it nothing can be decided");

  return {
    name: controller.metadata.name,
    controller,
    parent: await parentResource(controller, discovery),
    parentSelector: spec.parentResource.labelSelector ?? {},
    ignoreStatusChanges: spec.parentResource.ignoreStatusChanges ?? false,
    children: await Promise.all((spec.childResources ?? []).map((child) => childRule(child, discovery))),
    generateSelector: spec.generateSelector ?? false,
    resyncPeriodMs: resyncPeriodMs(spec.resyncPeriodSeconds),
    hooks: {
      sync,
      finalize: await hookTarget("finalize", spec, open),
      customize: await hookTarget("customize", spec, open),
    },
  };
}

async function parentResource(controller: CompositeController, discovery: Discovery): Promise<DiscoveredResource> {
  const { apiVersion, resource } = controller.spec.parentResource;
  const parent = await discovery.find(apiVersion, resource);
  if (parent === undefined) throw new Error(`can't find parent resource "${resource}" in ${apiVersion}`);
  if (!parent.hasStatus) throw new Error(`parent resource "${resource}" in ${apiVersion} has no status subresource`);
  return parent;
}

async function childRule(child: ChildResource, discovery: Discovery): Promise<ChildRule> {
  const resource = await discovery.find(child.apiVersion, child.resource);
  if (resource === undefined) throw new Error(`can't find child resource "${child.resource}" in ${child.apiVersion}`);
  return { resource, method: updateMethod(child) };
}

function updateMethod(child: ChildResource): UpdateMethod {
  const method = child.updateStrategy?.method ?? "OnDelete";
  if (method === "OnDelete" || method === "Recreate" || method === "InPlace") return method;
  const known = method === "RollingRecreate" || method === "RollingInPlace";
  const why = known ? "stalls after the first child in Metacontroller and is not supported" : "is unknown";
  throw new Error(`childResources ${child.resource}: updateStrategy.method ${method} ${why}`);
}

/** Metacontroller's floor is 1 s. */
function resyncPeriodMs(seconds: number | undefined): number | undefined {
  return seconds ? Math.max(1, seconds) * 1000 : undefined;
}

async function hookTarget(
  name: HookName,
  { hooks, endpointConfigs = [] }: CompositeController["spec"],
  open: OpenConnection,
): Promise<HookTarget | undefined> {
  const hook = hooks?.[name];
  if (hook === undefined) return undefined;
  const { webhook } = hook;
  if (webhook === undefined) throw new Error(`spec.hooks.${name}.webhook is missing`);

  const version = hook.version ?? "v1";
  if (version !== "v1" && version !== "v2") throw new Error(`spec.hooks.${name}.version ${version} is unknown`);
  const mode = webhook.responseUnMarshallMode ?? (version === "v2" ? "strict" : "loose");
  const url = webhookUrl(name, webhook);
  const connection = await open(settingsFor(url, webhook, endpointConfigs));
  return { name, version, url, connection, timeoutMs: timeoutMs(webhook.timeout), strict: mode === "strict" };
}

function webhookUrl(name: HookName, { url, service, path }: Webhook): string {
  if (url) return url;
  if (!service || !path) throw new Error(`spec.hooks.${name}.webhook needs url, or service and path`);
  if (!path.startsWith("/")) throw new Error(`spec.hooks.${name}.webhook.path ${path} must start with /`);
  const { protocol = "http", name: host, namespace, port = 80 } = service;
  return `${protocol}://${host}.${namespace}:${port}${path}`;
}

const defaultTimeoutMs = 10_000;
const unitMs: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1, us: 0.001, µs: 0.001, ns: 1e-6 };

/** A Go duration; like Metacontroller, anything that is not positive means the default. */
export function timeoutMs(duration: string | undefined): number {
  if (duration === undefined) return defaultTimeoutMs;
  const parts = [...duration.matchAll(/([\d.]+)(h|ms|m|us|µs|ns|s)/g)];
  if (parts.map(([text]) => text).join("") !== duration) throw new Error(`timeout ${duration} is not a duration`);
  const total = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (unitMs[unit ?? ""] ?? 0), 0);
  return total > 0 ? total : defaultTimeoutMs;
}
