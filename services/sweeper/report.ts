/** What one sweep did. */

import type { Item } from "./item.ts";

export interface SweepReport {
  /** Everything that was looked at. */
  examined: Record<Item["kind"], number>;
  /** Names of what was deleted. */
  deleted: Record<Item["kind"], string[]>;
  /** What could not be deleted, and why; the next sweep tries again. */
  failed: { name: string; reason: string }[];
  /** Images that may go, in registries that do not support deletions: their operators have to remove them. */
  purgeUnsupported: string[];
}

export function newReport({ blobs, images, secrets }: Record<"blobs" | "images" | "secrets", unknown[]>): SweepReport {
  return {
    examined: { blob: blobs.length, image: images.length, secret: secrets.length },
    deleted: { blob: [], image: [], secret: [] },
    failed: [],
    purgeUnsupported: [],
  };
}
