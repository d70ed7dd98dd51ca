/** The image that worker images are built on: in a registry, or only a name where the platform supplies the runtime. */

import { type ImageStore, openImageStore } from "../../stores/image.ts";
import {
  type Descriptor,
  type ImageConfig,
  type ImageIndex,
  type ImageManifest,
  mediaTypes,
} from "../../stores/oci.ts";
import { retryTransient } from "../../stores/retry.ts";
import { imageFailure, infrastructure } from "./failure.ts";
import type { BaseReference, BuildInput } from "./input.ts";
import type { Stores } from "./stores.ts";

export interface BaseImage {
  config: ImageConfig;
  layers: Descriptor[];
}

/** The architecture of this process, in the words of OCI. */
const architecture = process.arch === "x64" ? "amd64" : process.arch;

/** Reads the base and sees to it that its layers are in the image's repository. @throws BuildFailed */
export async function baseImage(input: BuildInput, stores: Stores, signal: AbortSignal): Promise<BaseImage> {
  if (!input.base) {
    return { layers: [], config: { architecture, os: "linux", rootfs: { type: "layers", diff_ids: [] } } };
  }
  const store = await openBase(input.base, input.imageStore);
  const base = await readBase(store, input.base.reference, signal);
  await Promise.all(base.layers.map((layer) => ensureLayer(layer, store, stores)));
  return base;
}

/** Options of the image store, such as plain HTTP, hold for the base too. */
async function openBase(base: BaseReference, imageStore: string): Promise<ImageStore> {
  const options = new URL(imageStore.replace(/^registry:/, "https:")).search;
  return openImageStore(`registry://${base.host}${options}`, base.path);
}

async function readBase(store: ImageStore, reference: string, signal: AbortSignal): Promise<BaseImage> {
  const get = <T>(read: () => Promise<T | undefined>, what: string) =>
    retryTransient(read, { signal }).then(
      (found) => found ?? Promise.reject(infrastructure("baseImageMissing", `${store.repository} ${what}`)),
      (error) => Promise.reject(imageFailure(error)),
    );

  let manifest = await get(() => store.getManifest(reference), reference);
  if (isIndex(manifest.mediaType)) {
    const chosen = ownPlatform(parsed<ImageIndex>(manifest.bytes));
    if (!chosen)
      throw infrastructure("baseImageMissing", `${store.repository} ${reference} has no linux/${architecture}`);
    manifest = await get(() => store.getManifest(chosen.digest), chosen.digest);
  }
  const { config, layers } = parsed<ImageManifest>(manifest.bytes);
  const bytes = await get(() => store.getBlob(config.digest), config.digest);
  return { config: parsed<ImageConfig>(bytes), layers: layers.map(asOci) };
}

function isIndex(mediaType: string): boolean {
  return mediaType === mediaTypes.index || mediaType === mediaTypes.dockerIndex;
}

function ownPlatform({ manifests }: ImageIndex): Descriptor | undefined {
  return manifests.find(({ platform }) => platform?.os === "linux" && platform.architecture === architecture);
}

function parsed<T>(bytes: Uint8Array): T {
  return JSON.parse(Buffer.from(bytes).toString());
}

/** Docker's media type for the same bytes must not appear in an OCI manifest. */
function asOci({ mediaType, digest, size }: Descriptor): Descriptor {
  const isDocker = mediaType === "application/vnd.docker.image.rootfs.diff.tar.gzip";
  return { mediaType: isDocker ? mediaTypes.layer : mediaType, digest, size };
}

async function ensureLayer({ digest }: Descriptor, from: ImageStore, { images }: Stores): Promise<void> {
  if (await images((store) => store.hasBlob(digest))) return;
  if (await images((store) => store.mountBlob(digest, from))) return;
  const bytes = await from.getBlob(digest);
  if (!bytes) throw infrastructure("baseImageMissing", `${from.repository} has no layer ${digest}`);
  await images((store) => store.putBlob(digest, bytes));
}
