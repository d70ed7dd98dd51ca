/** Deletes one item, after one more look at it. */

import { Secret } from "../../api/builtin.ts";
import { isConflict } from "../../kubernetes/client.ts";
import type { Installation } from "./installation.ts";
import type { BlobItem, ImageItem, Item, SecretItem } from "./item.ts";
import { forget } from "./marks.ts";

/** @returns false when the item is gone or was written again since it was listed: then it is left alone. */
export function remove(item: Item, installation: Installation): Promise<boolean> {
  if (item.kind === "blob") return removeBlob(item, installation);
  return item.kind === "image" ? removeImage(item, installation) : removeSecret(item, installation);
}

/** Some S3 servers tell whole seconds in one answer and milliseconds in another. */
const sameTimeMs = 1000;

/** Code has its content in its key, so a new upload of old code changes nothing but the time. */
async function removeBlob({ key, since }: BlobItem, { blobStore }: Installation): Promise<boolean> {
  const info = await blobStore.head(key);
  if (info === undefined || info.lastModified.getTime() - since.getTime() > sameTimeMs) return false;
  await blobStore.delete(key);
  return true;
}

async function removeImage(image: ImageItem, { openImages, blobStore }: Installation): Promise<boolean> {
  await (await openImages(image.account)).deleteTag(image.tag);
  await forget(image, blobStore);
  return true;
}

/** The precondition makes look and deletion one step. */
async function removeSecret({ namespace, name, uid }: SecretItem, { client }: Installation): Promise<boolean> {
  try {
    await client.delete(Secret, { namespace, name }, { uid, ignoreNotFound: true });
    return true;
  } catch (error) {
    if (isConflict(error)) return false;
    throw error;
  }
}
