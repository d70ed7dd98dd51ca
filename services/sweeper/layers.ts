/**
 * Records of layers, by which a builder finds the layer of a code that it has pushed before. One that goes too early
 * costs the next build a push; one that stays for ever is garbage.
 */

import { type ImageManifest, referencedBy } from "../../stores/oci.ts";
import type { Installation } from "./installation.ts";
import type { Image } from "./inventory.ts";
import { type Item, layerAccount } from "./item.ts";

/** The items without the records whose layer is in one of the images. Resources do not name the layers of templates. */
export async function withoutUsedLayers(
  items: readonly Item[],
  images: readonly Image[],
  installation: Installation,
): Promise<Item[]> {
  const used = new Map<string, Promise<Set<string>>>();
  const unused: Item[] = [];
  for (const item of items) {
    const account = item.kind === "blob" ? layerAccount(item.key) : undefined;
    if (item.kind !== "blob" || account === undefined) {
      unused.push(item);
      continue;
    }
    const digests = used.get(account) ?? digestsIn(account, images, installation);
    used.set(account, digests);
    if (!(await digests).has(await layerIn(item.key, installation))) unused.push(item);
  }
  return unused;
}

/** Digests of everything that the account's images are made of. */
async function digestsIn(
  account: string,
  images: readonly Image[],
  { openImages }: Installation,
): Promise<Set<string>> {
  const store = await openImages(account);
  const digests = new Set<string>();
  for (const { tag } of images.filter((image) => image.account === account)) {
    const manifest = await store.getManifest(tag);
    if (manifest === undefined) continue;
    const content = JSON.parse(Buffer.from(manifest.bytes).toString()) as Partial<ImageManifest>;
    for (const { digest } of referencedBy(content)) digests.add(digest);
  }
  return digests;
}

/** Empty for a record that is gone, or that no builder could read. */
async function layerIn(key: string, { blobStore }: Installation): Promise<string> {
  const bytes = await blobStore.get(key);
  try {
    const { digest } = JSON.parse(Buffer.from(bytes ?? []).toString()) as { digest?: unknown };
    return typeof digest === "string" ? digest : "";
  } catch {
    return "";
  }
}
