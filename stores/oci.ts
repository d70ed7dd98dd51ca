/** The parts of the OCI image specification that are written and read here. */

import type { Digest } from "./digest.ts";

export const mediaTypes = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar+gzip",
  dockerIndex: "application/vnd.docker.distribution.manifest.list.v2+json",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
} as const;

export const tagAnnotation = "org.opencontainers.image.ref.name";

export interface Descriptor {
  mediaType: string;
  digest: Digest;
  /** Bytes. */
  size: number;
  annotations?: Record<string, string>;
  platform?: { os: string; architecture: string };
}

export interface ImageManifest {
  schemaVersion: 2;
  mediaType: string;
  config: Descriptor;
  layers: Descriptor[];
  annotations?: Record<string, string>;
}

export interface ImageIndex {
  schemaVersion: 2;
  mediaType: string;
  manifests: Descriptor[];
}

export interface ImageConfig {
  created?: string;
  architecture: string;
  os: string;
  config?: Record<string, unknown>;
  rootfs: { type: "layers"; diff_ids: Digest[] };
  history?: unknown[];
}

/** Everything that a manifest or an index refers to. */
export function referencedBy(content: Partial<ImageManifest & ImageIndex>): Descriptor[] {
  const { config, layers = [], manifests = [] } = content;
  return [...(config ? [config] : []), ...layers, ...manifests];
}
