/** Installs the platform on the cluster of this machine, as an administrator would: with kubectl and an overlay. */

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { stringify } from "yaml";
import { folderImage, versions } from "../../api/buildbarn/versions.ts";
import { imageName } from "../../hooks/buildbarn/images.ts";
import type { Cluster, Progress } from "./harness/cluster.ts";
import { clusterFolder, platformFile, root } from "./harness/folders.ts";
import { targets } from "./harness/images.ts";
import { nodeAddress } from "./harness/network.ts";
import { run } from "./harness/run.ts";
import { waitFor } from "./harness/wait.ts";
import type { InstalledPlatform } from "./installed.ts";
import { credentials } from "./objects.ts";
import { system } from "./platform.ts";

const domain = "workers.test";
/** Of the Service in the overlay. */
const routerPort = 30080;

export async function install(cluster: Cluster, onProgress: Progress): Promise<InstalledPlatform> {
  const kubectl = (args: readonly string[], input = "", timeoutMs = 60_000) =>
    run(cluster.kubectl, ["kubectl", "--kubeconfig", cluster.kubeconfig, ...args], { input, timeoutMs });
  const apply = (folder: string) => kubectl(["apply", "--server-side", "--force-conflicts", "-k", folder]);
  const platform = describe(cluster);

  onProgress(`installing kinds, and ${platform.driver}`);
  await apply(join(root, "manifests", "crds"));
  await apply(driverOverlay(cluster));
  await kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"]);

  onProgress("installing the platform");
  const objects = credentials(system, platform).map(({ object }) => object);
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: system } };
  await kubectl(
    ["apply", "-f", "-"],
    JSON.stringify({ apiVersion: "v1", kind: "List", items: [namespace, ...objects] }),
  );
  await apply(platformOverlay(cluster));
  for (const [name, namespace] of programs) {
    await kubectl(["rollout", "status", `deployment/${name}`, "-n", namespace, "--timeout=120s"], "", 130_000);
  }
  await waitFor(async () => (await fetch(`${platform.apiBaseUrl}/user`)).status === 403, { what: "the Workers API" });
  writeFileSync(platformFile, JSON.stringify(platform, null, 2), { mode: 0o600 });
  return platform;
}

const programs = [
  ["metacontroller", "metacontroller"],
  ["octoplane-hooks", system],
  ["octoplane-workers-api", system],
  ["octoplane-router", system],
] as const;

function describe(cluster: Cluster): InstalledPlatform {
  const { kubeconfig, stores, images } = cluster;
  const router = `http://${nodeAddress}:${routerPort}`;
  return {
    kubeconfig,
    domain,
    router,
    apiBaseUrl: `${router}/client/v4`,
    blobStore: `s3://${stores.s3.bucket}`,
    blobStoreEnv: {
      AWS_ACCESS_KEY_ID: stores.s3.accessKeyId,
      AWS_SECRET_ACCESS_KEY: stores.s3.secretAccessKey,
      AWS_ENDPOINT_URL: stores.s3.endpoint,
      AWS_REGION: "us-east-1",
      AWS_S3_FORCE_PATH_STYLE: "true",
    },
    accountsRegistry: stores.accounts,
    accountsRegistryFolder: stores.accountsFolder,
    registryUser: stores.registryUser,
    busybox: images.busybox,
    counterparts: counterparts(cluster),
    driver: images.metacontroller === undefined ? "the project's driver" : "metacontroller",
  };
}

function counterparts({ kubectl, stores }: Cluster): Record<string, string> {
  const { endpoint, bucket, accessKeyId, secretAccessKey } = stores.s3;
  const s3 = new URLSearchParams({ endpoint, region: "us-east-1", pathStyle: "true" });
  const dockerConfig = join(clusterFolder, "docker");
  mkdirSync(dockerConfig, { recursive: true });
  const auths = { [stores.accounts]: stores.registryUser };
  writeFileSync(join(dockerConfig, "config.json"), JSON.stringify({ auths }), { mode: 0o600 });
  return {
    TEST_KUBERNETES_BIN: kubectl,
    TEST_S3_URL: `s3://${bucket}/tests?${s3}`,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    TEST_REGISTRY_URL: `registry://${stores.accounts}/tests?plainHttp=true`,
    DOCKER_CONFIG: dockerConfig,
  };
}

/** A kustomization on top of one of the project's. */
function overlay(name: string, base: string, more: object, files: Record<string, string> = {}): string {
  const folder = join(clusterFolder, "overlays", name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const kustomization = {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    resources: [relative(folder, join(root, "manifests", base))],
    ...more,
  };
  writeFileSync(join(folder, "kustomization.yaml"), stringify(kustomization));
  for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content);
  return folder;
}

function ownImages({ stores, images }: Cluster) {
  return targets.map((target) => ({
    name: `octoplane/${target}`,
    newName: `${stores.images}/octoplane/${target}`,
    newTag: images.tag,
  }));
}

const nameAndTag = /^(.*):(.*?)$/;

function driverOverlay(cluster: Cluster): string {
  const image = cluster.images.metacontroller;
  if (image === undefined) return overlay("driver", "driver", { images: ownImages(cluster) });
  const [, newName, newTag] = nameAndTag.exec(image) ?? [];
  return overlay("metacontroller", "metacontroller", {
    images: [{ name: "metacontrollerio/metacontroller", newName, newTag }],
  });
}

/** One image stands in for all of Buildbarn's. */
function standIns(image: string) {
  const [, newName = "", newTag = ""] = nameAndTag.exec(image) ?? [];
  const all = [folderImage, ...Object.values(versions).flatMap(({ images }) => Object.values(images))];
  const names = new Set(all.map(imageName));
  return [...names].map((name) => ({ name, newName, newTag }));
}

function platformOverlay(cluster: Cluster): string {
  const { stores, images } = cluster;
  const settings = {
    domain,
    urlScheme: "http",
    urlPort: routerPort,
    ingressClassName: "octoplane",
    blobStore: `s3://${stores.s3.bucket}`,
    imageStore: `registry://${stores.accounts}/workers?plainHttp=true`,
    imagePrefix: `${stores.accounts}/workers`,
    builderImage: `${stores.images}/octoplane/worker-builder:${images.tag}`,
    runtimeBase: `${stores.images}/octoplane/worker-runtime:${images.tag}`,
    // kube-proxy learns of a pod's end within milliseconds here.
    drainSeconds: 1,
    settleSeconds: 5,
    workerMemory: "512Mi",
    // DNS is no pod here.
    network: { dns: { cidrs: [`${nodeAddress}/32`] } },
    credentials: { registrySecret: "docker-hub", s3Secret: "s3-credentials", awsConfig: "aws-config" },
    buildbarn: { images: standIns(images.buildbarn) },
  };
  const generator = { name: "octoplane-settings", namespace: system, behavior: "replace", files: ["settings.yaml"] };
  return overlay(
    "platform",
    "overlays/test",
    { images: ownImages(cluster), configMapGenerator: [generator] },
    { "settings.yaml": stringify(settings) },
  );
}
