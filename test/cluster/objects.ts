/** Objects that an administrator makes. */

import { ConfigMap, Namespace, Secret } from "../../api/builtin.ts";
import type { KubernetesObject, Resource } from "../../api/resource.ts";
import { namespaceLabel } from "../../api/workers/fields.ts";
import type { InstalledPlatform } from "./installed.ts";

export interface Made {
  resource: Resource<KubernetesObject>;
  object: KubernetesObject;
}

/** A namespace that may hold accounts, restricted, with the credentials that builds and pods need there. */
export function accountNamespace(name: string, platform: InstalledPlatform): Made[] {
  const labels = { [namespaceLabel]: "enabled", "pod-security.kubernetes.io/enforce": "restricted" };
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
  return [{ resource: Namespace as never, object: namespace }, ...credentials(name, platform)];
}

/** In the form of the original's installation guide. */
export function credentials(namespace: string, platform: InstalledPlatform): Made[] {
  const { accountsRegistry, registryUser, blobStoreEnv } = platform;
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const secret = (name: string, type: string, data: Record<string, string>): Made => ({
    resource: Secret as never,
    object: { apiVersion: "v1", kind: "Secret", metadata: { name, namespace }, type, data } as KubernetesObject,
  });
  const dockerConfig = JSON.stringify({ auths: { [accountsRegistry]: registryUser } });
  const awsCredentials = `[default]
aws_access_key_id = ${blobStoreEnv.AWS_ACCESS_KEY_ID}
aws_secret_access_key = ${blobStoreEnv.AWS_SECRET_ACCESS_KEY}
`;
  const awsConfig = `[default]
region = us-east-1
s3 =
  endpoint_url = ${blobStoreEnv.AWS_ENDPOINT_URL}
  signature_version = s3v4
`;
  return [
    secret("docker-hub", "kubernetes.io/dockerconfigjson", { ".dockerconfigjson": base64(dockerConfig) }),
    secret("s3-credentials", "Opaque", { credentials: base64(awsCredentials) }),
    {
      resource: ConfigMap as never,
      object: {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "aws-config", namespace },
        data: { config: awsConfig },
      } as KubernetesObject,
    },
  ];
}
