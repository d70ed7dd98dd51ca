/** The installation's settings on one machine: folders instead of S3 and a registry, processes instead of pods. */

import { pathToFileURL } from "node:url";
import type { Settings } from "../../hooks/composites.ts";
import { workerdVersion } from "../../runtime/binary.ts";
import type { DataFolder } from "./folder.ts";

/** Images of this prefix lie in the data folder and run as processes. */
export const imagePrefix = "octoplane.local";
export const builderImage = `${imagePrefix}/worker-builder`;
export const domain = "localhost";

export function localSettings(folder: DataFolder, routerPort: number): Settings {
  return {
    domain,
    urlScheme: "http",
    urlPort: routerPort,
    ingressClassName: "octoplane",
    blobStore: pathToFileURL(folder.blobs).href,
    imageStore: `oci:${folder.images}`,
    imagePrefix,
    builderImage,
    runtimeBase: `${imagePrefix}/worker-runtime:${workerdVersion}`,
    drainSeconds: 0,
    settleSeconds: 0,
    workerMemory: "512Mi",
  };
}
