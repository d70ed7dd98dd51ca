import { randomUUID } from "node:crypto";
import { readFile, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { digestOf, type ImageStore, openImageStore } from "./image.ts";
import { type Descriptor, type ImageManifest, mediaTypes } from "./oci.ts";
import { temporaryFolder } from "./test-folder.ts";

/** Two repositories of one new store. */
async function newLayouts(): Promise<[ImageStore, ImageStore]> {
  const url = `oci:${await temporaryFolder()}`;
  return [await openImageStore(url, "acme"), await openImageStore(url, "other")];
}

/** `registry://127.0.0.1:PORT/path`; credentials from docker's config.json. */
const registryUrl = process.env.TEST_REGISTRY_URL;

async function newRepositories(): Promise<[ImageStore, ImageStore]> {
  const url = registryUrl ?? "";
  const id = randomUUID();
  return [await openImageStore(url, `acme-${id}`), await openImageStore(url, `other-${id}`)];
}

async function putDescribed(store: ImageStore, text: string, mediaType: string): Promise<Descriptor> {
  const bytes = Buffer.from(text);
  const digest = digestOf(bytes);
  await store.putBlob(digest, bytes);
  return { mediaType, digest, size: bytes.length };
}

async function newManifest(store: ImageStore, content: string): Promise<Uint8Array> {
  const diffId = digestOf(content);
  const configuration = { architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: [diffId] } };
  const manifest: ImageManifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: await putDescribed(store, JSON.stringify(configuration), mediaTypes.config),
    layers: [await putDescribed(store, content, mediaTypes.layer)],
  };
  return Buffer.from(JSON.stringify(manifest));
}

function contract(newStores: () => Promise<[ImageStore, ImageStore]>) {
  test("a blob comes back as it was written", async () => {
    const [store] = await newStores();
    const bytes = Uint8Array.from([0, 255, 10]);
    const digest = digestOf(bytes);
    expect(await store.hasBlob(digest)).toBe(false);
    expect(await store.getBlob(digest)).toBeUndefined();
    await store.putBlob(digest, bytes);
    await store.putBlob(digest, bytes);
    expect(await store.hasBlob(digest)).toBe(true);
    expect(Array.from((await store.getBlob(digest)) ?? [])).toEqual([0, 255, 10]);
  });

  test("a blob whose bytes are not those of its digest is refused", async () => {
    const [store] = await newStores();
    await expect(store.putBlob(digestOf("a"), Buffer.from("b"))).rejects.toMatchObject({ kind: "invalid" });
    expect(await store.hasBlob(digestOf("a"))).toBe(false);
  });

  test("a large blob arrives whole", async () => {
    const [store] = await newStores();
    const bytes = Buffer.alloc(70 * 2 ** 20, "0123456789abcdef");
    const digest = digestOf(bytes);
    await store.putBlob(digest, bytes);
    expect(digestOf((await store.getBlob(digest)) ?? "")).toBe(digest);
  });

  test("an image is found by tag and by digest, and its tag moves", async () => {
    const [store] = await newStores();
    const first = await newManifest(store, "one");
    const second = await newManifest(store, "two");
    const digest = await store.putManifest("v1", first, mediaTypes.manifest);
    expect(digest).toBe(digestOf(first));
    for (const reference of ["v1", digest]) {
      const found = await store.getManifest(reference);
      expect(found).toMatchObject({ digest, mediaType: mediaTypes.manifest });
      expect(Buffer.from(found?.bytes ?? [])).toEqual(first);
    }
    await store.putManifest("v1", second, mediaTypes.manifest);
    expect((await store.getManifest("v1"))?.digest).toBe(digestOf(second));
    expect(await store.tags()).toEqual(["v1"]);
  });

  test("an empty repository has no tags and no images", async () => {
    const [store] = await newStores();
    expect(await store.tags()).toEqual([]);
    expect(await store.getManifest("v1")).toBeUndefined();
    expect(await store.getManifest(digestOf("a"))).toBeUndefined();
  });

  test("a manifest that names a missing blob is refused", async () => {
    const [store, other] = await newStores();
    const manifest = await newManifest(other, "elsewhere");
    await expect(store.putManifest("v1", manifest, mediaTypes.manifest)).rejects.toMatchObject({ kind: "refused" });
    expect(await store.tags()).toEqual([]);
  });

  test("deleting one tag leaves the others", async () => {
    const [store] = await newStores();
    await store.putManifest("a", await newManifest(store, "one"), mediaTypes.manifest);
    await store.putManifest("b", await newManifest(store, "two"), mediaTypes.manifest);
    await store.deleteTag("a");
    await store.deleteTag("a");
    expect(await store.tags()).toEqual(["b"]);
    expect(await store.getManifest("a")).toBeUndefined();
    expect(await store.getManifest("b")).toBeDefined();
  });

  test("a manifest goes with its last tag", async () => {
    const [store] = await newStores();
    const manifest = await newManifest(store, "one");
    const digest = await store.putManifest("a", manifest, mediaTypes.manifest);
    await store.putManifest("b", manifest, mediaTypes.manifest);
    await store.deleteTag("a");
    expect(await store.tags()).toEqual(["b"]);
    expect(await store.getManifest(digest)).toBeDefined();
    await store.deleteTag("b");
    expect(await store.tags()).toEqual([]);
    expect(await store.getManifest(digest)).toBeUndefined();
  });

  test("a blob is taken over from another repository", async () => {
    const [store, other] = await newStores();
    const { digest } = await putDescribed(other, "shared", mediaTypes.layer);
    expect(await store.mountBlob(digest, other)).toBe(true);
    expect(Buffer.from((await store.getBlob(digest)) ?? []).toString()).toBe("shared");
    expect(await store.mountBlob(digestOf("nowhere"), other)).toBe(false);
  });

  test("many writers lose no tag", async () => {
    const [store] = await newStores();
    const names = Array.from({ length: 12 }, (_, index) => `t${index}`);
    await Promise.all(
      names.map(async (name) => store.putManifest(name, await newManifest(store, name), mediaTypes.manifest)),
    );
    expect(await store.tags()).toEqual(names.sort());
  });

  test.each(["", "../a", "a/b", "-a", "a b", "x".repeat(129)])("refuses the tag %j", async (tag) => {
    const [store] = await newStores();
    await expect(async () => store.putManifest(tag, Buffer.from("{}"), mediaTypes.manifest)).rejects.toMatchObject({
      kind: "invalid",
    });
    await expect(async () => store.deleteTag(tag)).rejects.toMatchObject({ kind: "invalid" });
  });
}

describe("oci:", () => {
  contract(newLayouts);

  test("the folder is an OCI image layout that says what the tags are", async () => {
    const folder = await temporaryFolder();
    const store = await openImageStore(`oci:${folder}`, "acme", { prefix: "example.com/workers" });
    const bytes = await newManifest(store, "one");
    const digest = await store.putManifest("v1", bytes, mediaTypes.manifest);

    const read = async (name: string) => JSON.parse(await readFile(join(folder, "acme", name), "utf8"));
    expect(await read("oci-layout")).toEqual({ imageLayoutVersion: "1.0.0" });
    const annotations = { "org.opencontainers.image.ref.name": "v1" };
    expect(await read("index.json")).toEqual({
      schemaVersion: 2,
      mediaType: mediaTypes.index,
      manifests: [{ mediaType: mediaTypes.manifest, digest, size: bytes.length, annotations }],
    });
    expect(await read(`blobs/sha256/${digest.slice(7)}`)).toMatchObject({ schemaVersion: 2 });
    expect(store.reference("v1")).toBe("example.com/workers/acme:v1");
  });

  test("a blob that no image needs any more goes with the tag, but not one that was just written", async () => {
    const folder = await temporaryFolder();
    const store = await openImageStore(`oci:${folder}`, "acme");
    await store.putManifest("a", await newManifest(store, "old"), mediaTypes.manifest);
    await store.putManifest("b", await newManifest(store, "kept"), mediaTypes.manifest);
    await putDescribed(store, "being written", mediaTypes.layer);
    const long = new Date(Date.now() - 2 * 60 * 60 * 1000);
    for (const content of ["old", "kept"]) {
      await utimes(join(folder, "acme/blobs/sha256", digestOf(content).slice(7)), long, long);
    }
    await store.deleteTag("a");
    expect(await store.hasBlob(digestOf("old"))).toBe(false);
    expect(await store.hasBlob(digestOf("kept"))).toBe(true);
    expect(await store.hasBlob(digestOf("being written"))).toBe(true);
  });

  test("asking for a blob makes it new, so that it stays until the image is written", async () => {
    const folder = await temporaryFolder();
    const store = await openImageStore(`oci:${folder}`, "acme");
    const { digest } = await putDescribed(store, "x", mediaTypes.layer);
    const path = join(folder, "acme/blobs/sha256", digest.slice(7));
    await utimes(path, new Date(0), new Date(0));
    await store.hasBlob(digest);
    expect(Date.now() - (await stat(path)).mtimeMs).toBeLessThan(60_000);
  });
});

describe.skipIf(registryUrl === undefined)("registry:// (needs TEST_REGISTRY_URL)", () => {
  contract(newRepositories);
});

test("a registry that does not answer is unreachable", async () => {
  const store = await openImageStore("registry://127.0.0.1:9/x", "acme", { dockerConfig: "{}" });
  await expect(store.tags()).rejects.toMatchObject({ kind: "unreachable" });
});

test.each([
  ["http://x", "acme"],
  ["oci:relative", "acme"],
  ["oci:/tmp/x", "../acme"],
  ["oci:/tmp/x", "Acme"],
  ["registry://host/UPPER", "acme"],
])("refuses the store %j with the repository %j", async (url, repository) => {
  await expect(openImageStore(url, repository)).rejects.toMatchObject({ kind: "invalid" });
});
