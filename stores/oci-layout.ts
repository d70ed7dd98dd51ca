/** Images in a folder: one OCI image layout per repository, which every OCI tool can read. Safe with several writers. */

import { mkdir, readdir, readFile, rm, stat, utimes } from "node:fs/promises";
import { join, resolve } from "node:path";
import { writeAtomically } from "./atomic-file.ts";
import { checkBytes, checkedTag, type Digest, digestOf, hexOf, isDigest } from "./digest.ts";
import { StoreError } from "./error.ts";
import { ifThere, inWords } from "./file-error.ts";
import { withFileLock } from "./file-lock.ts";
import type { ImageStore, ImageStoreOptions } from "./image-store.ts";
import { type Descriptor, type ImageIndex, mediaTypes, referencedBy, tagAnnotation } from "./oci.ts";

/** A blob that no manifest names may belong to an image that is being written: it is kept for this long. */
const unreferencedForMs = 60 * 60 * 1000;
const layoutVersion = '{"imageLayoutVersion":"1.0.0"}';

export function openOciLayout(url: string, repository: string, options: ImageStoreOptions): ImageStore {
  const { prefix = "octoplane.local" } = options;
  const root = resolve(url.slice("oci:".length));
  const layout = layoutIn(join(root, repository));

  return {
    url,
    repository,
    reference: (tag) => `${prefix}/${repository}:${checkedTag(tag)}`,
    hasBlob: (digest) => inWords(`blob ${digest}`, layout.touch(digest)),
    getBlob: (digest) => inWords(`blob ${digest}`, ifThere(readFile(layout.blob(digest)))),
    async putBlob(digest, bytes) {
      checkBytes(digest, bytes);
      await inWords(`blob ${digest}`, layout.write(digest, bytes));
    },
    async mountBlob(digest, from) {
      if (from.url !== url) return false;
      const there = layoutIn(join(root, from.repository)).blob(digest);
      const bytes = await inWords(`blob ${digest}`, ifThere(readFile(there)));
      if (bytes) await inWords(`blob ${digest}`, layout.write(digest, bytes));
      return bytes !== undefined;
    },
    getManifest: (reference) => inWords(`image ${reference}`, getManifest(layout, reference)),
    putManifest: (tag, bytes, mediaType) =>
      inWords(`image ${tag}`, putManifest(layout, checkedTag(tag), bytes, mediaType)),
    async tags() {
      const { manifests } = await inWords("index.json", layout.readIndex());
      return manifests.flatMap((entry) => entry.annotations?.[tagAnnotation] ?? []).sort();
    },
    deleteTag: (tag) => inWords(`image ${tag}`, deleteTag(layout, checkedTag(tag))),
  };
}

type Layout = ReturnType<typeof layoutIn>;

function layoutIn(folder: string) {
  const blob = (digest: string) => join(folder, "blobs", "sha256", hexOf(digest));
  const write = { temporary: join(folder, ".tmp") };
  return {
    folder,
    blob,
    /** Whether the blob is there; who asks is about to use it, so it counts as new again. */
    async touch(digest: Digest): Promise<boolean> {
      const now = new Date();
      return (await ifThere(utimes(blob(digest), now, now).then(() => true))) ?? false;
    },
    async write(digest: Digest, bytes: Uint8Array): Promise<void> {
      if (!(await this.touch(digest))) await writeAtomically(blob(digest), bytes, write);
    },
    async readIndex(): Promise<ImageIndex> {
      const text = await ifThere(readFile(join(folder, "index.json"), "utf8"));
      return text === undefined ? { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [] } : JSON.parse(text);
    },
    async writeIndex(index: ImageIndex): Promise<void> {
      await writeAtomically(join(folder, "oci-layout"), layoutVersion, { ...write, ifAbsent: true });
      await writeAtomically(join(folder, "index.json"), JSON.stringify(index, null, 2), write);
    },
    /** One change of the index at a time, also among processes. */
    async locked<T>(work: () => Promise<T>): Promise<T> {
      await mkdir(folder, { recursive: true });
      return withFileLock(join(folder, ".lock"), work);
    },
  };
}

function without(index: ImageIndex, tag: string): Descriptor[] {
  return index.manifests.filter((entry) => entry.annotations?.[tagAnnotation] !== tag);
}

async function getManifest(layout: Layout, reference: string) {
  const { manifests } = await layout.readIndex();
  const entry = isDigest(reference)
    ? manifests.find(({ digest }) => digest === reference)
    : manifests.find((candidate) => candidate.annotations?.[tagAnnotation] === checkedTag(reference));
  const bytes = entry && (await ifThere(readFile(layout.blob(entry.digest))));
  return entry && bytes && { digest: entry.digest, mediaType: entry.mediaType, bytes };
}

async function putManifest(layout: Layout, tag: string, bytes: Uint8Array, mediaType: string): Promise<Digest> {
  const digest = digestOf(bytes);
  const entry = { mediaType, digest, size: bytes.length, annotations: { [tagAnnotation]: tag } };
  await layout.locked(async () => {
    await checkReferences(layout, bytes);
    await layout.write(digest, bytes);
    const index = await layout.readIndex();
    await layout.writeIndex({ ...index, manifests: [...without(index, tag), entry] });
  });
  return digest;
}

async function checkReferences(layout: Layout, manifest: Uint8Array): Promise<void> {
  const references = referencedBy(JSON.parse(Buffer.from(manifest).toString()));
  const present = await Promise.all(references.map(({ digest }) => layout.touch(digest)));
  const missing = references.find((_, index) => !present[index]);
  if (missing) throw new StoreError("refused", `the manifest names blob ${missing.digest}, which is not there`);
}

async function deleteTag(layout: Layout, tag: string): Promise<void> {
  await layout.locked(async () => {
    const index = await layout.readIndex();
    const remaining = { ...index, manifests: without(index, tag) };
    if (remaining.manifests.length === index.manifests.length) return;
    await layout.writeIndex(remaining);
    await removeUnreferenced(layout, remaining);
  });
}

/** While the index is locked nothing becomes referenced, and what is about to be has been touched lately. */
async function removeUnreferenced(layout: Layout, index: ImageIndex): Promise<void> {
  const kept = new Set<string>();
  for (const { digest } of index.manifests) {
    const bytes = await ifThere(readFile(layout.blob(digest), "utf8"));
    const references = bytes === undefined ? [] : referencedBy(JSON.parse(bytes));
    for (const used of [digest, ...references.map((reference) => reference.digest)]) kept.add(hexOf(used));
  }
  const folder = join(layout.folder, "blobs", "sha256");
  const unreferenced = ((await ifThere(readdir(folder))) ?? []).filter((name) => !kept.has(name));
  for (const name of unreferenced) await removeOld(join(folder, name));
}

async function removeOld(path: string): Promise<void> {
  const { mtimeMs } = await stat(path);
  if (Date.now() - mtimeMs > unreferencedForMs) await rm(path, { force: true });
}
