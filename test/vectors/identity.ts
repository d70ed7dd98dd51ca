/** Translates between live objects and recorded ones: UIDs are placeholders, times and versions do not matter. */

import type { KubernetesObject } from "../../api/resource.ts";
import type { Stored } from "./recording.ts";

export interface Identities {
  /** Learns an object's UID; to be called in the order of creation. */
  see(object: KubernetesObject): void;
  /** A live value with placeholders, without what differs from run to run. */
  normal(live: unknown): unknown;
  /** A recorded value without what differs from run to run. */
  recorded(value: unknown): unknown;
  /** A recorded object with live UIDs, to be written. */
  live(recorded: Stored): Stored;
}

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
export const anyTime = "2026-11-21T00:00:00Z";

export interface IdentityOptions {
  /** Whether a Job's status is compared: only where the test replays it. */
  jobStatus: boolean;
  /** `Kind/name` of objects in several namespaces that are created at the same time. */
  unordered: string[];
}

export function identities({ jobStatus, unordered }: IdentityOptions): Identities {
  const placeholders = new Map<string, string>();
  const incarnations = new Map<string, number>();

  function see({ kind, metadata }: KubernetesObject): void {
    const { uid, name } = metadata;
    if (uid === undefined || placeholders.has(uid)) return;
    const id = `${kind}/${name}`;
    const count = (incarnations.get(id) ?? 0) + 1;
    incarnations.set(id, count);
    placeholders.set(uid, count === 1 ? `<uid:${id}>` : `<uid:${id}#${count}>`);
  }

  function withPlaceholders(text: string): string {
    let result = text;
    for (const [uid, placeholder] of placeholders) result = result.replaceAll(uid, placeholder);
    return result;
  }

  function withUids(text: string): string {
    let result = text;
    for (const [uid, placeholder] of placeholders) result = result.replaceAll(placeholder, uid);
    return result;
  }

  function anyOrder(text: string): string {
    return unordered.reduce(
      (result, id) => result.replaceAll(new RegExp(`<uid:${id}#\\d+>`, "g"), `<uid:${id}>`),
      text,
    );
  }

  return {
    see,
    normal: (live) => canonical(JSON.parse(anyOrder(withPlaceholders(JSON.stringify(live)))), jobStatus),
    recorded: (value) => canonical(JSON.parse(anyOrder(JSON.stringify(value))), jobStatus),
    live: (recorded) => JSON.parse(withUids(JSON.stringify(recorded)).replaceAll("<time>", anyTime)),
  };
}

/** What kube-controller-manager and the API server add and no driver looks at. */
const ignoredMetadata = ["managedFields", "resourceVersion"];
const builtIn = new Set(["Deployment", "Job", "ConfigMap", "Secret", "Namespace"]);

function canonical(value: unknown, jobStatus: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => canonical(item, jobStatus));
  if (typeof value === "string") return time.test(value) ? "<time>" : value;
  if (typeof value !== "object" || value === null) return value;
  const dropped = droppedFields(value as Stored, jobStatus);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([field, part]) => !dropped.has(field) && !isImmaterial(field, part))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([field, part]) => [
        field,
        canonical(field === "metadata" ? metadata(part, value as Stored) : part, jobStatus),
      ]),
  );
}

function droppedFields({ kind }: Stored, jobStatus: boolean): Set<string> {
  const controlled = kind === "Deployment" || (kind === "Job" && !jobStatus);
  return new Set(controlled ? ["status"] : []);
}

/** Empty annotations, and a default that Kubernetes 1.35 spells out where older versions leave it away. */
function isImmaterial(field: string, value: unknown): boolean {
  if (field === "manualSelector") return value === false;
  return field === "annotations" && typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

function metadata(value: unknown, { kind }: Stored): unknown {
  if (typeof value !== "object" || value === null) return value;
  const ignored = builtIn.has(kind) ? [...ignoredMetadata, "generation"] : ignoredMetadata;
  const kept = Object.entries(value).filter(([field]) => !ignored.includes(field));
  return Object.fromEntries(kept.map(([field, part]) => [field, field === "annotations" ? annotations(part) : part]));
}

function annotations(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== "deployment.kubernetes.io/revision"));
}
