/**
 * The last look at a child before it leaves: what would crash Metacontroller (null), never come to rest (empty leaves,
 * quantities in another form than the API server stores) or be misunderstood (no name, server-written metadata) is a
 * bug of the hook and becomes an error, since an error changes nothing and a bad child may delete or loop.
 */

import type { KubernetesObject } from "../../api/resource.ts";
import { badChild } from "./errors.ts";

/** Empty objects that say something; anywhere else an empty object means "unset" and must be left out. */
const meaningfulEmptyObjects = new Set([
  "emptyDir",
  "podSelector",
  "namespaceSelector",
  "securityContext",
  "matchLabels",
]);
/** Maps of free text, in which an empty text is a value like any other. */
const freeTextMaps = new Set(["labels", "annotations", "data", "matchLabels", "nodeSelector"]);
const serverWritten = ["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "ownerReferences"];
const canonicalQuantity = /^(0|[1-9][0-9]*)(m|k|Ki|M|Mi|G|Gi|T|Ti)?$/;
const quantityMaps = new Set(["limits", "requests"]);

type Path = readonly string[];

function complain(path: Path, what: string): never {
  throw badChild(`${path.join(".")} ${what}`);
}

function isCanonicalQuantity(value: unknown): boolean {
  if (typeof value !== "string" || !canonicalQuantity.test(value)) return false;
  const number = Number.parseInt(value, 10);
  if (value.endsWith("m")) return number % 1000 !== 0;
  return !(value.endsWith("Ki") || value.endsWith("Mi") || value.endsWith("Gi")) || number % 1024 !== 0;
}

function cleanLeaf(value: unknown, path: Path): unknown {
  if (value === null) return complain(path, "is null");
  if (typeof value === "number" && !Number.isFinite(value)) return complain(path, "is not a finite number");
  if (value === "" && !freeTextMaps.has(path.at(-2) ?? "")) return complain(path, "is an empty text; leave it out");
  if (quantityMaps.has(path.at(-2) ?? "") && !isCanonicalQuantity(value)) {
    return complain(path, `is "${String(value)}", not a quantity in the form that Kubernetes stores`);
  }
  return value;
}

function cleanList(items: unknown[], path: Path): unknown[] {
  if (items.length === 0) return complain(path, "is an empty list; leave it out");
  return items.map((item, index) => {
    if (item === undefined) return complain([...path, String(index)], "is undefined");
    return cleanValue(item, [...path, String(index)]);
  });
}

function cleanValue(value: unknown, path: Path): unknown {
  if (Array.isArray(value)) return cleanList(value, path);
  if (typeof value !== "object" || value === null) return cleanLeaf(value, path);

  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  if (entries.length === 0 && !meaningfulEmptyObjects.has(path.at(-1) ?? "")) {
    return complain(path, "is an empty object; leave it out");
  }
  return Object.fromEntries(entries.map(([key, part]) => [key, cleanValue(part, [...path, key])]));
}

/** Custom resources are stored as they are sent, so only `null` and `undefined` can do harm in their spec. */
function cleanCustom(value: unknown, path: Path): unknown {
  if (value === null) return complain(path, "is null");
  if (Array.isArray(value)) return value.map((item, index) => cleanCustom(item, [...path, String(index)]));
  if (typeof value !== "object") return value;
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  return Object.fromEntries(entries.map(([key, part]) => [key, cleanCustom(part, [...path, key])]));
}

function checkMetadata(child: KubernetesObject, path: Path, namespace: string | undefined): void {
  const metadata = child.metadata as unknown as Record<string, unknown>;
  if (metadata.generateName !== undefined) complain(path, "uses generateName");
  if (typeof metadata.name !== "string" || metadata.name === "") complain(path, "has no name");
  for (const field of serverWritten) {
    if (metadata[field] !== undefined) complain(path, `sets metadata.${field}, which belongs to the server`);
  }
  if (metadata.namespace !== undefined && metadata.namespace !== namespace) {
    complain(path, `lies in namespace ${String(metadata.namespace)}, not in its parent's`);
  }
}

interface CleanOptions {
  namespace: string | undefined;
  /** Whether the child is a custom resource of this installation. */
  custom: boolean;
}

/** The child without undefined fields. Throws HookError `BadChild` for anything that must not be sent. */
export function cleanChild(child: KubernetesObject, { namespace, custom }: CleanOptions): KubernetesObject {
  const path = [`${child?.kind ?? "?"}/${child?.metadata?.name ?? "?"}`];
  if (child === null || child === undefined || child.metadata === undefined) complain(path, "is no object");
  checkMetadata(child, path, namespace);
  if ("status" in child) complain(path, "has a status, which belongs to its own controller");
  if ("stringData" in child) complain(path, "uses stringData, which the server rewrites; use data");
  return (custom ? cleanCustom(child, path) : cleanValue(child, path)) as KubernetesObject;
}
