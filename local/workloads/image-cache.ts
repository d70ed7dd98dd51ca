/** The files of worker images, unpacked once for all processes that run them. */

import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** Writes the files of an image into an empty folder. Rejects when there is no such image. */
export type Unpack = (account: string, tag: string, directory: string) => Promise<void>;

export interface ImageCache {
  /** The folder that stands for the image's root; it stays until every user has released it. */
  acquire(account: string, tag: string): Promise<{ directory: string; release(): Promise<void> }>;
}

interface Entry {
  users: number;
  directory: string;
  unpacked: Promise<void>;
}

/** Begins empty: what an earlier run left may be half-written. */
export async function imageCache(root: string, unpack: Unpack): Promise<ImageCache> {
  await rm(root, { recursive: true, force: true });
  const entries = new Map<string, Entry>();

  function entryOf(account: string, tag: string): Entry {
    const key = `${account}:${tag}`;
    const known = entries.get(key);
    if (known) return known;
    // A folder of its own each time: the one before may still be on its way out.
    const directory = join(root, randomUUID());
    const unpacked = mkdir(directory, { recursive: true, mode: 0o700 }).then(() => unpack(account, tag, directory));
    const entry = { users: 0, directory, unpacked };
    entries.set(key, entry);
    return entry;
  }

  return {
    async acquire(account, tag) {
      const entry = entryOf(account, tag);
      entry.users += 1;
      const release = async () => {
        entry.users -= 1;
        if (entry.users > 0) return;
        entries.delete(`${account}:${tag}`);
        await rm(entry.directory, { recursive: true, force: true });
      };
      try {
        await entry.unpacked;
        return { directory: entry.directory, release };
      } catch (error) {
        await release();
        throw error;
      }
    },
  };
}
