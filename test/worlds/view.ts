/** All objects of a namespace that the platform made, without what differs from cluster to cluster. */

import type { KubernetesObject, Resource } from "../../api/resource.ts";
import { composites, records } from "../../hooks/composites.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { lastAppliedAnnotation } from "../../local/driver/apply.ts";

type Json = Record<string, unknown>;

export const platformKinds: Resource[] = [
  ...new Map(
    [...composites.flatMap(({ parent, children }) => [parent, ...children.map(({ kind }) => kind)]), ...records].map(
      (kind) => [kind.kind, kind as Resource],
    ),
  ).values(),
];
const ownKinds = new Set([...composites.map(({ parent }) => parent), ...records].map(({ kind }) => kind));

export interface ViewOptions {
  /** What was applied last, where somebody remembers it in an annotation. Default true. */
  applied?: boolean;
}

/** Sorted. UIDs and hashes, which follow from UIDs, are numbered in the order of their appearance. */
export async function view(
  client: KubernetesClient,
  namespace: string,
  { applied = true }: ViewOptions = {},
): Promise<unknown[]> {
  const lists = await Promise.all(platformKinds.map((kind) => client.list(kind, { namespace })));
  const objects = lists.flatMap(({ items }) => items).filter(({ metadata }) => metadata.name !== "kube-root-ca.crt");
  const anonymous = (text: string) => text.replaceAll(hash, "<hash>");
  const texts = objects.map((object) => JSON.stringify(comparable(object, applied)));
  const ordered = `[${texts.sort((a, b) => (anonymous(a) < anonymous(b) ? -1 : 1)).join()}]`;
  const hashes = [...new Set([...ordered.matchAll(hash)].map(([text]) => text))];
  return JSON.parse(ordered.replaceAll(hash, (text) => `<hash ${hashes.indexOf(text)}>`)) as unknown[];
}

/** A UID, or a part of a name or label that is one: six to 24 hexadecimal digits, some of them no letters. */
const hash = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=[-:"/])(?=[a-f]*[0-9])[0-9a-f]{6,24}(?=[-"./])/g;

const serverMetadata = ["uid", "resourceVersion", "creationTimestamp", "managedFields"];

function comparable(object: KubernetesObject, withApplied: boolean): unknown {
  const { metadata, status, ...rest } = object as KubernetesObject & { status?: unknown };
  const { annotations = {}, generation, ...others } = metadata;
  const { [lastAppliedAnnotation]: applied, "deployment.kubernetes.io/revision": _, ...annotated } = annotations;
  const isOwn = ownKinds.has(object.kind);
  return sorted({
    ...rest,
    metadata: {
      ...Object.fromEntries(Object.entries(others).filter(([field]) => !serverMetadata.includes(field))),
      annotations: annotated,
      ...(isOwn && { generation }),
    },
    ...(withApplied && applied !== undefined && { applied: JSON.parse(applied) as Json }),
    ...(isOwn && { status }),
  });
}

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
/** 10.96.0.0/12, where Services live. */
const clusterAddress = /^10\.(9[6-9]|10\d|11[01])\.\d+\.\d+$/;

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value === "string") return value.replace(time, "<time>").replace(clusterAddress, "<address>");
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([field, part]) => [field, sorted(part)]));
}
