/** What may go. Pure: the whole decision follows from what was listed and from the time. */

import { claims, type Item, nameOf, type References } from "./item.ts";

export function isReferenced(item: Item, references: References): boolean {
  return claims(item).some((claim) => references.has(claim));
}

/**
 * The items that nothing references and that are older than the grace period, which covers whoever writes first and
 * creates the resource afterwards.
 *
 * @param references from resources that were listed after the items: what was in use when an item was seen is in there.
 */
export function condemned<T extends Item>(
  items: readonly T[],
  references: References,
  now: Date,
  graceSeconds: number,
): T[] {
  const oldEnough = now.getTime() - graceSeconds * 1000;
  return items.filter((item) => item.since.getTime() <= oldEnough && !isReferenced(item, references));
}

/** Name of an image without a reference -> RFC 3339 time when a sweep first saw it so. */
export type Marks = Record<string, string>;

/** The age of images: a mark that stays while nothing references the image, and goes when something does. */
export function marked(
  images: readonly { account: string; tag: string }[],
  references: References,
  before: Marks,
  now: Date,
): Marks {
  const unreferenced = images
    .map((image) => ({ kind: "image", since: now, ...image }) as const)
    .filter((item) => !isReferenced(item, references))
    .map((item) => [nameOf(item), before[nameOf(item)] ?? now.toISOString()] as const);
  return Object.fromEntries(unreferenced.sort());
}
