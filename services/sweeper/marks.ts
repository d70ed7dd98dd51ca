/**
 * The sweeper's memory: since when an image has been without a reference. A mark is an empty blob, as old as the blob is,
 * so that sweepers who work at the same time cannot give an image an age that it does not have.
 */

import type { BlobStore } from "../../stores/blob.ts";
import type { Marks } from "./decide.ts";
import type { Image } from "./inventory.ts";

const folder = "sweeper/marks/";

function keyOf(image: string): string {
  return folder + image.replace(":", "/");
}

export async function readMarks(blobStore: BlobStore): Promise<Marks> {
  const marks: Marks = {};
  for await (const { key, lastModified } of blobStore.list(folder)) {
    marks[key.slice(folder.length).replace("/", ":")] = lastModified.toISOString();
  }
  return marks;
}

/** Adds marks that are new, and removes those that are no more. */
export async function writeMarks(blobStore: BlobStore, marks: Marks, before: Marks): Promise<void> {
  for (const image of Object.keys(marks)) {
    if (before[image] === undefined) await blobStore.put(keyOf(image), "", { ifAbsent: true });
  }
  for (const image of Object.keys(before)) if (marks[image] === undefined) await blobStore.delete(keyOf(image));
}

/** To be called when the image is gone: it is not forgotten before. */
export function forget({ account, tag }: Image, blobStore: BlobStore): Promise<void> {
  return blobStore.delete(keyOf(`${account}:${tag}`));
}
