/** Puts the image together: the base's layers, one layer per code, and the configuration on top. */

import { type EntrypointReference, workerdConfig } from "../../runtime/config.ts";
import { type Digest, digestOf } from "../../stores/digest.ts";
import { type ImageConfig, type ImageManifest, mediaTypes } from "../../stores/oci.ts";
import {
  configPath,
  type LayerRecord,
  layerDescriptor,
  layerOf,
  runtimeBaseAnnotation,
} from "../../stores/worker-image.ts";
import type { BaseImage } from "./base.ts";
import { configured } from "./check.ts";
import type { BuildInput } from "./input.ts";
import { pushLayer } from "./layers.ts";
import type { Source } from "./source.ts";
import type { Stores } from "./stores.ts";

/** Pushes everything but the code layers, which are there already, and moves the tag last. */
export async function pushImage(
  input: BuildInput,
  base: BaseImage,
  sources: Source[],
  layers: LayerRecord[],
  missingEntrypoints: EntrypointReference[],
  stores: Stores,
): Promise<Digest> {
  const text = workerdConfig({ workers: sources.map(configured), missingEntrypoints });
  const configLayer = await layerOf([{ path: configPath, bytes: Buffer.from(text) }]);
  const config = Buffer.from(JSON.stringify(imageConfig(base.config, [...layers, configLayer])));
  const configDigest = digestOf(config);
  const manifest: ImageManifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType: mediaTypes.config, digest: configDigest, size: config.length },
    layers: [
      ...base.layers,
      ...layers.map((layer) => layerDescriptor(layer, "code")),
      layerDescriptor(configLayer, "config"),
    ],
    annotations: { [runtimeBaseAnnotation]: input.runtimeBase },
  };
  await Promise.all([pushLayer(configLayer, stores), stores.images((images) => images.putBlob(configDigest, config))]);
  const bytes = Buffer.from(JSON.stringify(manifest));
  return stores.images((images) => images.putManifest(input.tag, bytes, mediaTypes.manifest));
}

/** The base's configuration with further layers; without its history, which would have to list them too. */
function imageConfig({ history: _, ...base }: ImageConfig, layers: LayerRecord[]): ImageConfig {
  const diffIds = [...base.rootfs.diff_ids, ...layers.map(({ diffId }) => diffId)];
  return { ...base, created: "1970-01-01T00:00:00Z", rootfs: { type: "layers", diff_ids: diffIds } };
}
