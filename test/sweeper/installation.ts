/** An installation with real stores and a Kubernetes API, and things in it that may or may not go. */

import { mkdtemp, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { onTestFinished } from "vitest";
import { Namespace, Secret } from "../../api/builtin.ts";
import { CustomResourceDefinition, crdOf } from "../../api/crd.ts";
import { WorkerRelease } from "../../api/workers/worker-release.ts";
import { WorkerVersion } from "../../api/workers/worker-version.ts";
import { composites, records } from "../../hooks/composites.ts";
import { connect } from "../../kubernetes/client.ts";
import { startApiServer } from "../../local/apiserver/start.ts";
import type { Installation } from "../../services/sweeper/installation.ts";
import { type Sweeper, type SweeperOptions, startSweeper } from "../../services/sweeper/start.ts";
import { account, codeFolder, digest, namespace, release, version } from "../../services/sweeper/test-resources.ts";
import { openBlobStore } from "../../stores/blob.ts";
import { digestOf, openImageStore } from "../../stores/image.ts";
import { mediaTypes } from "../../stores/oci.ts";

export interface TestInstallation extends Installation {
  /** With no grace, unless `options` say so. */
  sweeper(options?: Partial<SweeperOptions>): Sweeper;
  /** Of all blobs. */
  keys(): Promise<string[]>;
  /** Makes a blob two hours old. */
  age(key: string): Promise<void>;
  tags(): Promise<string[]>;
  /** An image with one layer; answers the layer's digest. */
  pushImage(tag: string, content?: string): Promise<string>;
  /** Code, layers, images and Secrets number 1, which are in use, and number 2, which are not; a report; foreign things. */
  fill(): Promise<void>;
}

export interface StoreUrls {
  blobStore: string;
  imageStore: string;
}

/** @param urls default: folders */
export async function testInstallation(urls?: StoreUrls): Promise<TestInstallation> {
  const folder = await mkdtemp(join(tmpdir(), "octoplane-sweeper-"));
  const apiServer = await startApiServer({ dataFile: ":memory:" });
  const client = connect({ url: apiServer.url, token: apiServer.token });
  for (const kind of [...composites.map(({ parent }) => parent), ...records]) {
    await client.create(CustomResourceDefinition, crdOf(kind));
  }
  await client.create(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  const { blobStore: blobs, imageStore } = urls ?? {
    blobStore: pathToFileURL(join(folder, "blobs")).href,
    imageStore: `oci:${join(folder, "images")}`,
  };
  const blobStore = await openBlobStore(blobs);
  const openImages = (name: string) => openImageStore(imageStore, name);
  const sweepers: Sweeper[] = [];
  onTestFinished(async () => {
    await Promise.all(sweepers.map((each) => each.close()));
    await apiServer.close();
    await rm(folder, { recursive: true });
  });

  const installation: TestInstallation = {
    client,
    blobStore,
    openImages,
    sweeper(options = {}) {
      const started = startSweeper({ client, blobStore, openImages, graceSeconds: 0, intervalSeconds: 0, ...options });
      sweepers.push(started);
      return started;
    },
    async keys() {
      const found: string[] = [];
      for await (const { key } of blobStore.list("")) found.push(key);
      return found;
    },
    async age(key) {
      const longAgo = new Date(Date.now() - 7200_000);
      await utimes(join(folder, "blobs", key), longAgo, longAgo);
    },
    tags: async () => (await openImages(account)).tags(),
    pushImage: (tag, content = tag) => pushImage(openImages, tag, content),
    fill: () => fill(installation),
  };
  return installation;
}

async function pushImage(openImages: Installation["openImages"], tag: string, content: string): Promise<string> {
  const images = await openImages(account);
  const [config, layer] = [Buffer.from(`{"of":"${content}"}`), Buffer.from(`layer of ${content}`)];
  for (const bytes of [config, layer]) await images.putBlob(digestOf(bytes), bytes);
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType: mediaTypes.config, ...described(config) },
    layers: [{ mediaType: mediaTypes.layer, ...described(layer) }],
  };
  await images.putManifest(tag, Buffer.from(JSON.stringify(manifest)), manifest.mediaType);
  return digestOf(layer);
}

async function fill({ client, blobStore, pushImage }: TestInstallation): Promise<void> {
  // It exists, so that no garbage collector comes first.
  const owner = await client.create(WorkerVersion, version("owner", { url: codeFolder(9), digest: digest(9) }));
  const makeSecret = (name: string, ofVersion: string, immutable = true) =>
    client.create(Secret, secretOf(name, ofVersion, owner.metadata.uid ?? "", immutable));
  for (const n of [1, 2]) {
    await blobStore.put(`${codeFolder(n)}/m0`, "code");
    await blobStore.put(`layers/${account}/${digest(n)}-1.0.json`, "{}");
    await pushImage(`t${n}`);
    await makeSecret(`worker-v${n}`, `v${n}`);
  }
  await blobStore.put(`reports/${account}/old.json`, "{}");
  await blobStore.put("somebody/else", "untouched");
  await makeSecret("worker-v3", "v3", false);
  await makeSecret("of-a-user", "v4");
  await client.create(WorkerVersion, version("v1", { url: codeFolder(1), digest: digest(1), secretRef: "worker-v1" }));
  await client.create(WorkerRelease, release("r1", { image: `octoplane.local/${account}:t1` }));
}

function described(bytes: Buffer) {
  return { digest: digestOf(bytes), size: bytes.length };
}

/** As the API makes them, for a version that need not be there. */
function secretOf(name: string, ofVersion: string, uid: string, immutable: boolean): Secret {
  const ownerReferences = [{ apiVersion: "api.cf-worker/v1", kind: "WorkerVersion", name: ofVersion, uid }];
  const labels = { accounts: account };
  return { apiVersion: "v1", kind: "Secret", metadata: { name, namespace, labels, ownerReferences }, immutable };
}
