import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { gunzipSync, gzip } from "node:zlib";
import { extract, pack } from "tar-stream";
import { expect, test } from "vitest";
import { digestOf, type ImageStore, openImageStore } from "./image.ts";
import { materialise, unpackImage } from "./materialise.ts";
import { mediaTypes } from "./oci.ts";
import { temporaryFolder } from "./test-folder.ts";
import { layerDescriptor, layerOf } from "./worker-image.ts";

const newStore = async () => openImageStore(`oci:${await temporaryFolder()}`, "acme");
const code = "worker/0123456789abcdef";

async function push(store: ImageStore, layers: { bytes: Uint8Array; annotated?: boolean }[]): Promise<void> {
  const descriptors = [];
  for (const { bytes, annotated = true } of layers) {
    const record = { digest: digestOf(bytes), diffId: digestOf(bytes), size: bytes.length };
    await store.putBlob(record.digest, bytes);
    const { annotations, ...plain } = layerDescriptor(record, "code");
    descriptors.push(annotated ? { ...plain, annotations } : plain);
  }
  const config = Buffer.from("{}");
  await store.putBlob(digestOf(config), config);
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType: mediaTypes.config, digest: digestOf(config), size: 2 },
    layers: descriptors,
  };
  await store.putManifest("v1", Buffer.from(JSON.stringify(manifest)), mediaTypes.manifest);
}

async function hostile(header: { name: string; type?: "file" | "symlink" | "link"; linkname?: string }) {
  const archive = pack();
  archive.entry({ type: "file", ...header }, header.type === undefined ? "x" : "");
  archive.finalize();
  return { bytes: await promisify(gzip)(await buffer(archive)) };
}

test("a layer depends on its files alone, not on their order", async () => {
  const a = { path: `${code}/m0`, bytes: Buffer.from("a") };
  const b = { path: `${code}/m1`, bytes: Buffer.from("b") };
  const [one, other] = await Promise.all([layerOf([a, b]), layerOf([b, a])]);
  expect(other).toEqual(one);
  expect((await layerOf([a, { ...b, bytes: Buffer.from("c") }])).digest).not.toBe(one.digest);
});

test("files in a layer have no times and belong to nobody in particular", async () => {
  const { bytes } = await layerOf([{ path: `${code}/m0`, bytes: Buffer.from("a") }]);
  const headers = [];
  for await (const entry of Readable.from([gunzipSync(bytes)]).pipe(extract())) {
    headers.push([entry.header.name, entry.header.mtime?.getTime(), entry.header.uid, entry.header.mode]);
    entry.resume();
  }
  expect(headers).toEqual([
    ["worker/", 0, 65532, 0o555],
    [`${code}/`, 0, 65532, 0o555],
    [`${code}/m0`, 0, 65532, 0o444],
  ]);
});

test("the workers of an image are unpacked once, and only they", async () => {
  const store = await newStore();
  const directory = await temporaryFolder();
  const codeLayer = await layerOf([{ path: `${code}/m0`, bytes: Buffer.from("code") }]);
  const configLayer = await layerOf([{ path: "worker/config.capnp", bytes: Buffer.from("config") }]);
  await push(store, [{ ...(await hostile({ name: "bin/sh" })), annotated: false }, codeLayer, configLayer]);

  const folders = await Promise.all([materialise(store, "v1", directory), materialise(store, "v1", directory)]);
  expect(new Set(folders).size).toBe(1);
  expect(await readdir(directory)).toHaveLength(1);
  const files = await readdir(folders[0] ?? "", { recursive: true });
  expect(files.sort()).toEqual(["worker", code, `${code}/m0`, "worker/config.capnp"].sort());
  expect(await readFile(join(folders[0] ?? "", code, "m0"), "utf8")).toBe("code");
});

test.each([
  { name: "../evil" },
  { name: "worker/../../evil" },
  { name: "/etc/passwd" },
  { name: "worker/0123456789abcdef/../m0" },
  { name: "worker/0123456789abcdef/m0/x" },
  { name: "worker/0123456789abcdef/m0", type: "symlink" as const, linkname: "/etc/passwd" },
  { name: "worker/0123456789abcdef/m0", type: "link" as const, linkname: "/etc/passwd" },
])("an image that holds $name ($type) is refused and leaves nothing", async (header) => {
  const store = await newStore();
  const directory = await temporaryFolder();
  await push(store, [await hostile(header)]);
  await expect(materialise(store, "v1", directory)).rejects.toMatchObject({ kind: "invalid" });
  expect(await readdir(directory)).toEqual([]);
});

test("an image can be unpacked into a folder of the caller's", async () => {
  const store = await newStore();
  const directory = await temporaryFolder();
  await push(store, [await layerOf([{ path: "worker/config.capnp", bytes: Buffer.from("config") }])]);
  await unpackImage(store, "v1", directory);
  expect(await readFile(join(directory, "worker/config.capnp"), "utf8")).toBe("config");
});

test("an image that is not there is missing", async () => {
  const store = await newStore();
  await expect(materialise(store, "v1", await temporaryFolder())).rejects.toMatchObject({
    kind: "missing",
    message: "there is no image octoplane.local/acme:v1",
  });
});
