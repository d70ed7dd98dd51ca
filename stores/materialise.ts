/** Unpacks the workers of an image into a folder, where workerd can serve them without a container. */

import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { hexOf } from "./digest.ts";
import { StoreError } from "./error.ts";
import { errorCode, ifThere } from "./file-error.ts";
import type { ImageStore, Manifest } from "./image-store.ts";
import type { Descriptor, ImageManifest } from "./oci.ts";
import { layerAnnotation, workerFile } from "./worker-image.ts";

/** No layer unpacks to more than this. Bytes. */
const largestLayer = 512 * 2 ** 20;

/**
 * The folder that holds the files of the image's worker layers (`worker/config.capnp` and the code): made at once or
 * not at all, named after the manifest's digest, and found again by it.
 * @throws StoreError `missing` when there is no such image, `invalid` when it holds what worker images never hold
 */
export async function materialise(store: ImageStore, tag: string, directory: string): Promise<string> {
  const manifest = await manifestOf(store, tag);
  const folder = join(directory, hexOf(manifest.digest));
  if (await ifThere(stat(folder))) return folder;

  const temporary = join(directory, `.tmp-${randomUUID()}`);
  try {
    await mkdir(temporary, { recursive: true });
    await unpackLayers(store, manifest, temporary);
    await renameIfAbsent(temporary, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return folder;
}

/** As `materialise`, into an empty folder of the caller's, who removes it when this fails. */
export async function unpackImage(store: ImageStore, tag: string, folder: string): Promise<void> {
  await unpackLayers(store, await manifestOf(store, tag), folder);
}

async function manifestOf(store: ImageStore, tag: string): Promise<Manifest> {
  const manifest = await store.getManifest(tag);
  if (!manifest) throw new StoreError("missing", `there is no image ${store.reference(tag)}`);
  return manifest;
}

async function unpackLayers(store: ImageStore, manifest: Manifest, folder: string): Promise<void> {
  const { layers }: ImageManifest = JSON.parse(Buffer.from(manifest.bytes).toString());
  for (const layer of layers.filter(isOfWorkers)) await unpack(store, layer, folder);
}

function isOfWorkers({ annotations }: Descriptor): boolean {
  return annotations?.[layerAnnotation] !== undefined;
}

async function unpack(store: ImageStore, { digest }: Descriptor, target: string): Promise<void> {
  const bytes = await store.getBlob(digest);
  if (!bytes) throw new StoreError("missing", `layer ${digest} of the image is not there`);
  const { extract } = await import("tar-stream");
  const archive = Readable.from([await promisify(gunzip)(bytes, { maxOutputLength: largestLayer })]);
  for await (const entry of archive.pipe(extract())) {
    const { name, type } = entry.header;
    if (type === "file") await unpackFile(entry, name, target);
    else if (type !== "directory") throw unexpected(name);
    entry.resume();
  }
}

/** Names are matched, never resolved, so none can lead out of the folder. */
async function unpackFile(content: AsyncIterable<unknown>, name: string, target: string): Promise<void> {
  if (!workerFile.test(name)) throw unexpected(name);
  const path = join(target, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, await buffer(content), { flag: "wx" });
}

function unexpected(name: string): StoreError {
  return new StoreError("invalid", `${JSON.stringify(name)} is no file of a worker image`);
}

/** Another process may have been faster; its files are the same. */
async function renameIfAbsent(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!["ENOTEMPTY", "EEXIST"].includes(errorCode(error) ?? "")) throw error;
  }
}
