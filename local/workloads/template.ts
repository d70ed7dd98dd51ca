/** Pod templates: what a Deployment or Job runs. */

import { createHash } from "node:crypto";
import type * as core from "kubernetes-types/core/v1.js";

export type PodTemplate = core.PodTemplateSpec;
export type PodSpec = core.PodSpec;
export type Container = core.Container;
export type Probe = core.Probe;
export type Volume = core.Volume;

/** Two templates with the same hash are the same, in whatever order their fields are written. */
export function templateHash(template: PodTemplate): string {
  return createHash("sha256").update(canonical(template)).digest("hex").slice(0, 10);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    isRecord(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A reason why something does not run, in the words of a Pod's status; `undefined` elsewhere means that it can. */
export interface Waiting {
  /** CamelCase. */
  reason: string;
  message: string;
}

/** What a template may ask for that a process without a container cannot have. */
export function unsupported(template: PodTemplate): Waiting | undefined {
  const { spec } = template;
  const containers = spec?.containers ?? [];
  if (containers.length !== 1) return notRunnable(`spec.containers: exactly one, not ${containers.length}`);
  if (spec?.initContainers?.length) return notRunnable("spec.initContainers: none");
  const volume = volumesOf(template).find((each) => !each.emptyDir && !bringsFiles(each));
  if (volume) {
    const name = JSON.stringify(volume.name);
    return notRunnable(`spec.volumes: only emptyDir, configMap and secret, and volume ${name} is another`);
  }
  const probe = Object.entries(probesOf(containers[0])).find(([, each]) => each && !each.httpGet && !each.tcpSocket);
  if (probe) return notRunnable(`spec.containers[0].${probe[0]}: only httpGet and tcpSocket`);
  return undefined;
}

export function volumesOf({ spec }: PodTemplate): readonly Volume[] {
  return spec?.volumes ?? [];
}

/** Whether the volume is made of an object's entries. */
export function bringsFiles({ configMap, secret }: Volume): boolean {
  return configMap !== undefined || secret !== undefined;
}

/** A reason why tenants' pods with these volumes cannot run: their runtime cannot be told where the files are. */
export function tenantVolume(template: PodTemplate): Waiting | undefined {
  const volume = volumesOf(template).find(bringsFiles);
  if (volume === undefined) return undefined;
  return notRunnable(`spec.volumes: workers have no files, and volume ${JSON.stringify(volume.name)} brings some`);
}

function notRunnable(rule: string): Waiting {
  return { reason: "PodNotRunnable", message: `Pods run here as plain processes, without containers; ${rule}` };
}

function probesOf(container: Container | undefined): Record<string, Probe | undefined> {
  const { readinessProbe, livenessProbe, startupProbe } = container ?? {};
  return { readinessProbe, livenessProbe, startupProbe };
}

export function mainContainer({ spec }: PodTemplate): Container {
  const container = spec?.containers[0];
  if (!container) throw new TypeError("a template without containers was not refused");
  return container;
}

const defaultGraceSeconds = 30;

/** Seconds between SIGTERM and SIGKILL. */
export function graceSeconds({ spec }: PodTemplate): number {
  return spec?.terminationGracePeriodSeconds ?? defaultGraceSeconds;
}

/** `lifecycle.preStop.sleep`, in seconds. */
export function preStopSeconds(template: PodTemplate): number {
  const { lifecycle } = mainContainer(template);
  const preStop = lifecycle?.preStop as { sleep?: { seconds?: number } } | undefined; // newer than the type package
  return preStop?.sleep?.seconds ?? 0;
}

const units: Record<string, number> = {
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** `resources.limits.memory` in bytes. */
export function memoryLimit(container: Container): number | undefined {
  const [, number, unit = ""] =
    /^(\d+(?:\.\d+)?)([kMGT]i?|Ki)?$/.exec(String(container.resources?.limits?.memory ?? "")) ?? [];
  const factor = units[unit];
  return number === undefined || factor === undefined ? undefined : Number(number) * factor;
}
