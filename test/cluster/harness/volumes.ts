/** A default StorageClass, as clusters have one: its volumes are folders of this machine. */

import { join } from "node:path";
import type { Start } from "./control-plane.ts";
import { adminKubeconfig, clusterFolder } from "./folders.ts";

export const storageClass = "folders";
export const volumesFolder = join(clusterFolder, "volumes");

export interface VolumesOptions {
  kubectl(args: readonly string[], input?: string): Promise<string>;
  start: Start;
}

export async function startVolumes({ kubectl, start }: VolumesOptions): Promise<void> {
  await kubectl(["apply", "-f", "-"], JSON.stringify(definition));
  const program = join(import.meta.dirname, "provisioner.ts");
  const args = ["--disable-warning=ExperimentalWarning", program];
  start({ name: "volumes", command: process.execPath, args, env: { KUBECONFIG: adminKubeconfig } });
}

const definition = {
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name: storageClass, annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
  provisioner: "octoplane.test/folders",
  volumeBindingMode: "Immediate",
};
