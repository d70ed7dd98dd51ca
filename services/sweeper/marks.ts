/** The sweeper's memory: since when images have been without a reference. It lies in the blob store it sweeps. */

import type { BlobStore } from "../../stores/blob.ts";
import type { Marks } from "./decide.ts";

const key = "sweeper/marks.json";

/** Without a memory, or with one that cannot be read as one, every grace period begins anew. */
export async function readMarks(blobStore: BlobStore): Promise<Marks> {
  const bytes = await blobStore.get(key);
  return bytes === undefined ? {} : marksIn(Buffer.from(bytes).toString());
}

export async function writeMarks(blobStore: BlobStore, marks: Marks): Promise<void> {
  await blobStore.put(key, JSON.stringify(marks));
}

function marksIn(text: string): Marks {
  try {
    const entries = Object.entries(JSON.parse(text)).filter(([, time]) => typeof time === "string");
    return Object.fromEntries(entries) as Marks;
  } catch {
    return {};
  }
}
