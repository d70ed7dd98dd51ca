/** What can be swept: things that Octoplane made outside of its own resources, and what it takes to need them. */

export interface BlobItem {
  kind: "blob";
  key: string;
  /** When it was last written. */
  since: Date;
}

export interface ImageItem {
  kind: "image";
  account: string;
  tag: string;
  /** When a sweep first saw that nothing references it: image stores tell no times. */
  since: Date;
}

export interface SecretItem {
  kind: "secret";
  namespace: string;
  name: string;
  uid: string;
  /** When it was made. */
  since: Date;
}

export type Item = BlobItem | ImageItem | SecretItem;

/**
 * What resources need, as texts: an item is referenced when one of its `claims` is in here.
 * `blob:<key or folder>`, `layer:<account>/<code digest>`, `image:<account>:<tag>`, `secret:<namespace>/<name>`.
 */
export type References = ReadonlySet<string>;

/** Stands for every image of an account: where it cannot be known which one is needed. */
export const any = "*";

const layerRecord = /^layers\/([^/]+)\/([0-9a-f]{64})-[^/]+$/;

/** The account of a builder's record of a layer; undefined for all other blobs. */
export function layerAccount(key: string): string | undefined {
  return layerRecord.exec(key)?.[1];
}

/** Every reference that would keep the item. */
export function claims(item: Item): string[] {
  if (item.kind === "image") return [`image:${item.account}:${item.tag}`, `image:${item.account}:${any}`];
  if (item.kind === "secret") return [`secret:${item.namespace}/${item.name}`];

  const [, account, digest] = layerRecord.exec(item.key) ?? [];
  if (account !== undefined) return [`layer:${account}/${digest}`];
  return foldersOf(item.key).map((key) => `blob:${key}`);
}

/** The key itself, and every folder that it lies in. */
function foldersOf(key: string): string[] {
  const parts = key.split("/");
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

/** For people, and to tell items apart. */
export function nameOf(item: Item): string {
  if (item.kind === "blob") return item.key;
  return item.kind === "image" ? `${item.account}:${item.tag}` : `${item.namespace}/${item.name}`;
}
