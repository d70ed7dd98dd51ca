/** The API server of the cluster that this process is a pod of, and the credentials that the kubelet gives the pod. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** Where the kubelet mounts `token` and `ca.crt`. */
const serviceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * Both files are read for every request: the kubelet replaces the token before it expires, about hourly, and the
 * authority when the cluster gets a new one. They lie in memory, so that reading them costs next to nothing.
 * @throws Error when this process is not in a pod, or in one without a service-account token
 */
export async function inPod(folder = serviceAccountFolder, env = process.env) {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = "443" } = env;
  if (!host) {
    throw new Error("no API server is known: set KUBECONFIG, or run in a pod (KUBERNETES_SERVICE_HOST is not set)");
  }
  const server = new URL(`https://${host.includes(":") ? `[${host}]` : host}:${port}`);
  const credentials = async () => {
    const [token, ca] = await Promise.all(["token", "ca.crt"].map((name) => read(join(folder, name))));
    return { headers: { authorization: `Bearer ${token}` }, ca };
  };
  await credentials();
  return { server, credentials };
}

async function read(path: string): Promise<string> {
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (error) {
    throw new Error(`the pod has no service-account token: ${(error as Error).message}`, { cause: error });
  }
}
