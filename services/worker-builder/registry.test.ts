import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { digestOf, type ImageStore, openImageStore } from "../../stores/image.ts";
import { type Descriptor, type ImageConfig, type ImageManifest, mediaTypes } from "../../stores/oci.ts";
import { layerOf } from "../../stores/worker-image.ts";
import { account, answering, newInstallation } from "./test-installation.ts";

/** `registry://127.0.0.1:PORT/path` of a registry that may be filled with test images. */
const registryUrl = process.env.TEST_REGISTRY_URL;

async function put(store: ImageStore, mediaType: string, bytes: Uint8Array): Promise<Descriptor> {
  const digest = digestOf(bytes);
  await store.putBlob(digest, bytes);
  return { mediaType, digest, size: bytes.length };
}

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

/** An installation with a runtime image of its own, for this machine's architecture, behind an index. */
async function newRegistryInstallation() {
  const installation = await newInstallation();
  const location = new URL(registryUrl ?? "");
  location.pathname += `/${randomUUID()}`;
  const url = location.href;
  const runtime = await openImageStore(url, "runtime");
  const layer = await layerOf([{ path: "usr/bin/workerd", bytes: Buffer.from("not really") }]);
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  const config: ImageConfig = {
    architecture,
    os: "linux",
    config: { User: "65532" },
    rootfs: { type: "layers", diff_ids: [layer.diffId] },
    history: [{ created_by: "somebody" }],
  };
  const manifest = json({
    schemaVersion: 2,
    mediaType: mediaTypes.dockerManifest,
    config: await put(runtime, mediaTypes.config, json(config)),
    layers: [await put(runtime, "application/vnd.docker.image.rootfs.diff.tar.gzip", layer.bytes)],
  });
  const digest = await runtime.putManifest("single", manifest, mediaTypes.dockerManifest);
  const platform = { os: "linux", architecture };
  const entry = { mediaType: mediaTypes.dockerManifest, digest, size: manifest.length, platform };
  const index = json({ schemaVersion: 2, mediaType: mediaTypes.index, manifests: [entry] });
  await runtime.putManifest("1", index, mediaTypes.index);

  const { host, pathname } = new URL(url.replace(/^registry:/, "http:"));
  const changes = {
    IMAGE_STORE: url,
    TARGET_IMAGE: `${host}${pathname}/${account}:v1`,
    RUNTIME_BASE: `${host}${pathname}/runtime:1`,
  };
  return { installation, changes, layer, images: await openImageStore(url, account) };
}

async function parsed<T>(bytes: Uint8Array | undefined): Promise<T> {
  return JSON.parse(Buffer.from(bytes ?? []).toString());
}

describe.skipIf(registryUrl === undefined)("with a registry (needs TEST_REGISTRY_URL)", () => {
  test("the image is the runtime's layers by reference, the code and the configuration", async () => {
    const { installation, changes, layer, images } = await newRegistryInstallation();
    const report = await installation.build([await installation.upload("a", answering("a"))], changes);
    expect(report.failure).toBeUndefined();

    const found = await images.getManifest("v1");
    expect(found?.digest).toBe(report.digest);
    const manifest = await parsed<ImageManifest>(found?.bytes);
    expect(manifest.layers.map(({ mediaType }) => mediaType)).toEqual(Array(3).fill(mediaTypes.layer));
    expect(manifest.layers[0]?.digest).toBe(layer.digest);
    expect(await images.hasBlob(layer.digest)).toBe(true);
    const config = await parsed<ImageConfig>(await images.getBlob(manifest.config.digest));
    expect(config).toMatchObject({ config: { User: "65532" }, os: "linux" });
    expect(config.history).toBeUndefined();
    expect(config.rootfs.diff_ids).toHaveLength(3);
  });

  test("building again pushes nothing new and gives the same digest", async () => {
    const { installation, changes } = await newRegistryInstallation();
    const workers = [await installation.upload("a", answering("a"))];
    const first = await installation.build(workers, changes);
    const second = await installation.build(workers, changes);
    expect(second).toMatchObject({ digest: first.digest, layers: [{ isNew: false }] });
  });

  test.each(["runtime:2", "nothing:1"])("a base that is not there (%s) has a code of its own", async (name) => {
    const { installation, changes } = await newRegistryInstallation();
    const base = changes.RUNTIME_BASE.replace("runtime:1", name);
    const workers = [await installation.upload("a", answering("a"))];
    const report = await installation.build(workers, { ...changes, RUNTIME_BASE: base });
    expect(report.failure).toMatchObject({ code: 18, reason: "BaseImageMissing" });
  });
});
