/** The two Secrets by which Metacontroller and the hook server know each other, made where they are missing. */

import { randomBytes } from "node:crypto";
import { Secret } from "../../api/builtin.ts";
import { isAlreadyExists, type KubernetesClient } from "../../kubernetes/client.ts";
import { newServerCertificate } from "./server-certificate.ts";

export interface InstallOptions {
  client: KubernetesClient;
  namespace: string;
  /** Name of the hook server's Service; the Secrets are `<service>-tls` and `<service>-token`. */
  service: string;
  now: Date;
}

/** @returns the names of the Secrets that were made */
export async function installSecrets({ client, namespace, service, now }: InstallOptions): Promise<string[]> {
  const wanted = new Map([
    [`${service}-tls`, () => tlsData(service, namespace, now)],
    [`${service}-token`, async () => ({ token: randomBytes(32).toString("base64url") })],
  ]);
  const made: string[] = [];
  for (const [name, dataOf] of wanted) {
    if ((await client.get(Secret, { namespace, name })) !== undefined) continue;
    if (await createSecret(client, secret(namespace, name, await dataOf()))) made.push(name);
  }
  return made;
}

/** The keys that cert-manager writes, so that it can take over. */
async function tlsData(service: string, namespace: string, now: Date): Promise<Record<string, string>> {
  const host = `${service}.${namespace}`;
  const { ca, certificate, key } = await newServerCertificate([host, `${host}.svc`, `${host}.svc.cluster.local`], now);
  return { "ca.crt": ca, "tls.crt": certificate, "tls.key": key };
}

function secret(namespace: string, name: string, values: Record<string, string>): Secret {
  const encoded = Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString("base64")] as const);
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace, labels: { "app.kubernetes.io/part-of": "octoplane" } },
    type: "tls.crt" in values ? "kubernetes.io/tls" : "Opaque",
    data: Object.fromEntries(encoded),
  };
}

/** False when somebody else was faster: then theirs counts. */
async function createSecret(client: KubernetesClient, wanted: Secret): Promise<boolean> {
  try {
    await client.create(Secret, wanted);
    return true;
  } catch (error) {
    if (isAlreadyExists(error)) return false;
    throw error;
  }
}
