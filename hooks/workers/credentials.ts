/**
 * How the pods of accounts come by the installation's credentials: Secrets and a ConfigMap of fixed names in each
 * account's namespace. Nothing is optional: a pod waits for an object that is not there yet, and starts when it comes.
 */

import type { Container, PodSpec } from "kubernetes-types/core/v1.js";
import type { WorkersSettings } from "../../api/workers/settings.ts";
import { filled } from "../kube/object.ts";

interface Mount {
  name: string;
  folder: string;
  volume: Omit<NonNullable<PodSpec["volumes"]>[number], "name">;
  env: Record<string, string>;
}

/** Readable by the pod's group alone: 0440. The API server would add a mode of its own. */
const defaultMode = 0o440;
const root = "/etc/octoplane";

function secretFile(secretName: string, key: string, path: string): Mount["volume"] {
  return { secret: { secretName, items: [{ key, path }], defaultMode } };
}

function registryMount(secret: string): Mount {
  const folder = `${root}/registry`;
  const volume = secretFile(secret, ".dockerconfigjson", "config.json");
  return { name: "registry", folder, volume, env: { DOCKER_CONFIG: folder } };
}

function s3Mount(secret: string): Mount {
  const folder = `${root}/s3`;
  const volume = secretFile(secret, "credentials", "credentials");
  return { name: "s3", folder, volume, env: { AWS_SHARED_CREDENTIALS_FILE: `${folder}/credentials` } };
}

function awsConfigMount(name: string): Mount {
  const folder = `${root}/aws`;
  const volume = { configMap: { name, items: [{ key: "config", path: "config" }], defaultMode } };
  return { name: "aws", folder, volume, env: { AWS_CONFIG_FILE: `${folder}/config` } };
}

function mountsOf({ credentials = {} }: WorkersSettings): Mount[] {
  const { registrySecret, s3Secret, awsConfig } = credentials;
  return [
    ...(registrySecret === undefined ? [] : [registryMount(registrySecret)]),
    ...(s3Secret === undefined ? [] : [s3Mount(s3Secret)]),
    ...(awsConfig === undefined ? [] : [awsConfigMount(awsConfig)]),
  ];
}

interface CredentialFiles {
  env: Record<string, string>;
  volumes: NonNullable<PodSpec["volumes"]>;
  volumeMounts: NonNullable<Container["volumeMounts"]>;
}

/** The credentials as files, for pods that run no tenant's code. */
export function credentialFiles(settings: WorkersSettings): CredentialFiles {
  const mounts = mountsOf(settings);
  return {
    env: Object.assign({}, ...mounts.map(({ env }) => env)),
    volumes: mounts.map(({ name, volume }) => ({ name, ...volume })),
    volumeMounts: mounts.map(({ name, folder }) => ({ name, mountPath: folder, readOnly: true })),
  };
}

/** What the kubelet pulls with: the account's own Secret, or else the installation's. */
export function pullSecrets({ credentials }: WorkersSettings, own?: string): Pick<PodSpec, "imagePullSecrets"> {
  const { name = credentials?.registrySecret } = filled({ name: own });
  return name === undefined ? {} : { imagePullSecrets: [{ name }] };
}
