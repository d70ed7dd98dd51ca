/** A blob store in a folder: one file per blob, at the path of its key. */

import { createReadStream } from "node:fs";
import { readdir, readFile, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeAtomically } from "./atomic-file.ts";
import { type BlobInfo, type BlobStore, checkedKey, checkedPrefix, isStream } from "./blob-store.ts";
import { ifThere, inWords } from "./file-error.ts";

/** Keys cannot begin with a dot, so that files which are being written are never listed. */
const temporaryFolder = ".tmp";

export function openFileBlobStore(url: string): BlobStore {
  const root = fileURLToPath(url);
  const path = (key: string) => join(root, checkedKey(key));

  return {
    url,
    put(key, body, { ifAbsent = false } = {}) {
      const write = { temporary: join(root, temporaryFolder), ifAbsent };
      return inWords(`blob ${key}`, writeAtomically(path(key), isStream(body) ? body.chunks : body, write));
    },
    get: (key) => inWords(`blob ${key}`, ifThere(readFile(path(key)))),
    async open(key) {
      const info = await inWords(`blob ${key}`, infoOf(key, path(key)));
      return info && { size: info.size, chunks: lazily(path(key)) };
    },
    head: (key) => inWords(`blob ${key}`, infoOf(key, path(key))),
    list: (prefix) => listFiles(root, checkedPrefix(prefix)),
    async delete(key) {
      if (await inWords(`blob ${key}`, infoOf(key, path(key))))
        await inWords(`blob ${key}`, rm(path(key), { force: true }));
      await removeEmptyFolders(root, dirname(checkedKey(key)));
    },
  };
}

/** Opens the file when it is read: a stream that nobody reads holds nothing and has no error that nobody catches. */
async function* lazily(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path);
}

async function infoOf(key: string, path: string): Promise<BlobInfo | undefined> {
  const found = await ifThere(stat(path));
  return found?.isFile() ? { key, size: found.size, lastModified: found.mtime } : undefined;
}

/** Depth first, in the order in which an object store lists: by the characters of the whole key. */
async function* listFiles(root: string, prefix: string): AsyncGenerator<BlobInfo> {
  const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
  const entries = (await ifThere(readdir(join(root, folder), { withFileTypes: true }))) ?? [];
  const keys = entries
    .filter(({ name }) => !name.startsWith("."))
    .map((entry) => `${folder}${entry.name}${entry.isDirectory() ? "/" : ""}`)
    .filter((key) => key.startsWith(prefix))
    .sort((a, b) => (a < b ? -1 : 1));

  for (const key of keys) {
    if (key.endsWith("/")) yield* listFiles(root, key);
    else {
      const info = await infoOf(key, join(root, key));
      if (info) yield info;
    }
  }
}

async function removeEmptyFolders(root: string, folder: string): Promise<void> {
  if (folder === ".") return;
  try {
    await rmdir(join(root, folder));
  } catch {
    return;
  }
  await removeEmptyFolders(root, dirname(folder));
}
