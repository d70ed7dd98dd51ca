/**
 * The last look at a child before it leaves: what would crash Metacontroller (null), never come to rest (empty leaves,
 * quantities in another form than the API server stores) or be misunderstood (no name, server-written metadata) is a
 * bug of the hook and becomes an error, since an error changes nothing and a bad child may delete or loop.
 */

import type { KubernetesObject } from "../../api/resource.ts";
import { badChild } from "./errors.ts";
import { canonicalQuantity } from "./quantity.ts";

/** Empty objects that say something; anywhere else an empty object means "unset" and must be left out. */
const meaningfulEmptyObjects = new Set<string | undefined>([
  "emptyDir",
  "podSelector",
  "namespaceSelector",
  "securityContext",
  "matchLabels",
]);
/** Maps of free text, in which an empty text is a value like any other. */
const freeTextMaps = new Set<string | undefined>(["labels", "annotations", "data", "matchLabels", "nodeSelector"]);
const serverWritten = ["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "ownerReferences"];
const quantityMaps = new Set<string | undefined>(["limits", "requests"]);

type Path = readonly string[];

/**
 * Which rules hold. `builtin`: the API server rewrites what is not in its own form. `custom`: stored as it is sent, so
 * only `null` does harm. `kept`: a custom resource that is never written over, so that even a `null` of its user stays.
 */
export type Form = "builtin" | "custom" | "kept";

function complain(path: Path, what: string): never {
  throw badChild(`${path.join(".")} ${what}`);
}

function checkBuiltinLeaf(value: unknown, path: Path): void {
  const parent = path.at(-2);
  if (value === "" && !freeTextMaps.has(parent)) complain(path, "is an empty text; leave it out");
  if (!quantityMaps.has(parent)) return;
  if (typeof value === "string" && canonicalQuantity(value) === value) return;
  complain(path, `is "${String(value)}", not a quantity in the form that Kubernetes stores`);
}

function cleanLeaf(value: unknown, path: Path, form: Form): unknown {
  if (value === undefined) complain(path, "is undefined");
  if (value === null && form !== "kept") complain(path, "is null");
  if (typeof value === "number" && !Number.isFinite(value)) complain(path, "is not a finite number");
  if (form === "builtin") checkBuiltinLeaf(value, path);
  return value;
}

function cleanList(items: unknown[], path: Path, form: Form): unknown[] {
  if (items.length === 0 && form === "builtin") complain(path, "is an empty list; leave it out");
  return items.map((item, index) => cleanValue(item, [...path, String(index)], form));
}

function cleanValue(value: unknown, path: Path, form: Form): unknown {
  if (Array.isArray(value)) return cleanList(value, path, form);
  if (typeof value !== "object" || value === null) return cleanLeaf(value, path, form);

  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  if (entries.length === 0 && form === "builtin" && !meaningfulEmptyObjects.has(path.at(-1))) {
    complain(path, "is an empty object; leave it out");
  }
  return Object.fromEntries(entries.map(([key, part]) => [key, cleanValue(part, [...path, key], form)]));
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
  form: Form;
}

/** The child without undefined fields. Throws HookError `BadChild` for anything that must not be sent. */
export function cleanChild(child: KubernetesObject, { namespace, form }: CleanOptions): KubernetesObject {
  const path = [`${child.kind}/${child.metadata.name ?? "?"}`];
  checkMetadata(child, path, namespace);
  if ("status" in child) complain(path, "has a status, which belongs to its own controller");
  if ("stringData" in child) complain(path, "uses stringData, which the server rewrites; use data");
  return cleanValue(child, path, form) as KubernetesObject;
}
