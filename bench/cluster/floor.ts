/** What a deploy cannot be faster than on this cluster: a Job, a push and a rollout, by hand and with nothing in between. */

import { randomBytes } from "node:crypto";
import { Deployment, Job, Service } from "../../api/builtin.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { digestOf, type ImageStore, openImageStore } from "../../stores/image.ts";
import { type ImageConfig, type ImageManifest, mediaTypes } from "../../stores/oci.ts";
import { layerDescriptor, layerOf } from "../../stores/worker-image.ts";
import type { InstalledPlatform } from "../../test/cluster/installed.ts";
import { firstAnswer, firstText, isComplete, type Lane } from "./lane.ts";
import { moments } from "./moments.ts";

const name = "bare";
/** What the platform pushes for a small script: its code and a configuration. */
const layerBytes = 2048;

export interface Floor {
  round(number: number): Promise<Record<string, number>>;
  close(): void;
}

type Measured = InstalledPlatform & { client: KubernetesClient };

export async function floorLane(platform: Measured, { namespace, account }: Lane): Promise<Floor> {
  const { client } = platform;
  const dockerConfig = JSON.stringify({ auths: { [platform.accountsRegistry]: platform.registryUser } });
  const url = `registry://${platform.accountsRegistry}/workers?plainHttp=true`;
  const images = await openImageStore(url, account.id, { dockerConfig });
  const seen = await moments(client, namespace, [Job]);

  const template = (await client.list(Deployment, { namespace })).items[0]?.spec?.template;
  const container = template?.spec?.containers[0];
  if (template === undefined || container?.image === undefined)
    throw new Error("there is no Deployment to compare with");
  const repository = container.image.replace(/:[^:]+$/, "");
  let tag = container.image.slice(repository.length + 1);
  const labels = { app: name };
  await client.create(Deployment, {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: template.spec } },
  } as Deployment);

  /** A way in that only pods of one round answer, so that the first answer is one of the new pod. */
  async function serviceFor(round: string): Promise<string> {
    const service = await client.create(Service, {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: round, namespace },
      spec: { selector: { ...labels, round }, ports: [{ port: 80, targetPort: container?.ports?.[0]?.containerPort }] },
    } as Service);
    return `http://${service.spec?.clusterIP}`;
  }

  return {
    async round(number) {
      const round = `bare-${number}`;
      const url = await serviceFor(round);
      const sample: Record<string, number> = {};
      let last = performance.now();
      const mark = (part: string, at: number) => {
        sample[part] = at - last;
        last = at;
      };
      await client.create(Job, bareJob(round, namespace, platform.busybox));
      mark("Job", await seen.first(Job, (job) => job.metadata.name === round && isComplete(job)));
      tag = await pushLayer(images, tag, round);
      mark("push", performance.now());
      const containers = [{ ...container, image: `${repository}:${tag}` }];
      const pod = { metadata: { labels: { ...labels, round } }, spec: { containers } };
      await client.mergePatch(Deployment, { namespace, name }, { spec: { template: pod } } as never);
      mark("rollout", await firstAnswer(url, "bare", firstText));
      sample.all = Object.values(sample).reduce((sum, part) => sum + part, 0);
      return sample;
    },
    close: seen.close,
  };
}

function bareJob(job: string, namespace: string, image: string): Job {
  const pod = { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } };
  const container = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
  const containers = [{ name: "true", image, command: ["true"], securityContext: container }];
  const spec = { restartPolicy: "Never", securityContext: pod, containers };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: job, namespace },
    spec: { template: { spec } },
  } as Job;
}

/** The same image with one more layer. */
async function pushLayer(images: ImageStore, from: string, to: string): Promise<string> {
  const before = await images.getManifest(from);
  if (before === undefined) throw new Error(`image ${from} is gone`);
  const manifest: ImageManifest = JSON.parse(Buffer.from(before.bytes).toString());
  const config: ImageConfig = JSON.parse(Buffer.from((await images.getBlob(manifest.config.digest)) ?? []).toString());
  const layer = await layerOf([{ path: `bare/${to}`, bytes: randomBytes(layerBytes) }]);
  config.rootfs.diff_ids.push(layer.diffId);
  const bytes = Buffer.from(JSON.stringify(config));
  const digest = digestOf(bytes);
  manifest.config = { ...manifest.config, digest, size: bytes.length };
  manifest.layers.push(layerDescriptor(layer, "code"));
  await Promise.all([images.putBlob(layer.digest, layer.bytes), images.putBlob(digest, bytes)]);
  await images.putManifest(to, Buffer.from(JSON.stringify(manifest)), mediaTypes.manifest);
  return to;
}
