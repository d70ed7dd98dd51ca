/** How worker images look: a layer per code under `/worker/<first 16 hex of its digest>/`, and the configuration on top. */

import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { type Digest, digestOf } from "./digest.ts";
import { type Descriptor, mediaTypes } from "./oci.ts";

/** Marks the layers that hold workers and their configuration, among those of the base image. */
export const layerAnnotation = "io.octoplane.layer";
/** Names the runtime that an image is built on; all that a local image knows of its base. */
export const runtimeBaseAnnotation = "io.octoplane.runtime-base";

const root = "worker";
/** Path of the configuration in the image, without the leading slash. */
export const configPath = `${root}/config.capnp`;
/** The only files that worker images hold outside their base. */
export const workerFile = /^worker\/(config\.capnp|[0-9a-f]{16}\/m\d{1,4})$/;

/** Folder of a code beside the configuration. @param codeDigest hex SHA-256 of its description */
export function codeFolder(codeDigest: string): string {
  return codeDigest.slice(0, 16);
}

export function codePath(codeDigest: string, file: string): string {
  return `${root}/${codeFolder(codeDigest)}/${file}`;
}

export interface LayerFile {
  path: string;
  bytes: Uint8Array;
}

/** What has to be known of a layer to use it without its bytes. */
export interface LayerRecord {
  digest: Digest;
  /** Digest of the uncompressed archive. */
  diffId: Digest;
  /** Bytes, compressed. */
  size: number;
}

export interface Layer extends LayerRecord {
  bytes: Uint8Array;
}

/** User and group that own the files; the same that worker pods run as. */
const owner = 65532;
const unknownSystem = 255;
const systemByte = 9;

/** A layer that depends on nothing but its files: sorted, without times, with fixed owners and modes. */
export async function layerOf(files: LayerFile[]): Promise<Layer> {
  const archive = await archiveOf(files);
  const bytes = await promisify(gzip)(archive);
  bytes[systemByte] = unknownSystem;
  return { digest: digestOf(bytes), diffId: digestOf(archive), size: bytes.length, bytes };
}

export function layerDescriptor({ digest, size }: LayerRecord, kind: "code" | "config"): Descriptor {
  return { mediaType: mediaTypes.layer, digest, size, annotations: { [layerAnnotation]: kind } };
}

async function archiveOf(files: LayerFile[]): Promise<Uint8Array> {
  const { pack } = await import("tar-stream");
  const archive = pack();
  const common = { mtime: new Date(0), uid: owner, gid: owner };
  for (const name of foldersOf(files)) archive.entry({ ...common, name, type: "directory", mode: 0o555 });
  for (const { path, bytes } of files.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    archive.entry({ ...common, name: path, type: "file", mode: 0o444 }, Buffer.from(bytes));
  }
  archive.finalize();
  return buffer(archive);
}

function foldersOf(files: LayerFile[]): string[] {
  const folders = files.flatMap(({ path }) => {
    const parts = path.split("/").slice(0, -1);
    return parts.map((_, index) => `${parts.slice(0, index + 1).join("/")}/`);
  });
  return [...new Set(folders)].sort();
}
