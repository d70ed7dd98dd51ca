/** Images in a registry, by the OCI distribution API. */

import { checkBytes, checkedRepository, checkedTag, type Digest, digestOf, isDigest } from "./digest.ts";
import { PurgeUnsupported, StoreError } from "./error.ts";
import type { ImageStore, ImageStoreOptions, Manifest } from "./image-store.ts";
import { mediaTypes } from "./oci.ts";
import { type RegistryClient, registryBase, registryClient } from "./registry-client.ts";

/** Larger blobs go in pieces, since proxies limit the size of a request. Bytes. */
const chunkSize = 32 * 2 ** 20;
const tagsPerPage = 1000;
const manifestTypes = [mediaTypes.manifest, mediaTypes.index, mediaTypes.dockerManifest, mediaTypes.dockerIndex];

/** @param url `registry://host/path`; `?plainHttp=true` for a registry without TLS that is not on loopback */
export function openRegistry(url: string, repository: string, options: ImageStoreOptions): ImageStore {
  const { host, path, plainHttp } = locate(url);
  const name = path === "" ? repository : `${path}/${repository}`;
  const registry = registryClient(registryBase(host, plainHttp), options.dockerConfig);

  return {
    url,
    repository: name,
    reference: (tag) => `${host}/${name}:${checkedTag(tag)}`,
    async hasBlob(digest) {
      return (await registry.send(`${name}/blobs/${digest}`, { method: "HEAD" })).ok;
    },
    getBlob: (digest) => getBlob(registry, name, digest),
    async putBlob(digest, bytes) {
      checkBytes(digest, bytes);
      await upload(registry, name, digest, bytes);
    },
    mountBlob: (digest, from) => (isOn(host, from) ? mount(registry, name, digest, from.repository) : noMount),
    getManifest: (reference) => getManifest(registry, name, reference),
    putManifest: (tag, bytes, mediaType) => putManifest(registry, name, checkedTag(tag), bytes, mediaType),
    tags: () => listTags(registry, name),
    deleteTag: (tag) => deleteTag(registry, name, checkedTag(tag)),
  };
}

const noMount = Promise.resolve(false);

function locate(url: string) {
  const { host, pathname, searchParams } = new URL(url.replace(/^registry:/, "https:"));
  const path = pathname.replaceAll(/^\/+|\/+$/g, "");
  if (path !== "") checkedRepository(path);
  return { host, path, plainHttp: searchParams.get("plainHttp") === "true" };
}

function isOn(host: string, store: ImageStore): boolean {
  return store.url.startsWith("registry://") && locate(store.url).host === host;
}

async function getBlob(registry: RegistryClient, name: string, digest: Digest): Promise<Uint8Array | undefined> {
  const response = await registry.send(`${name}/blobs/${digest}`);
  if (!response.ok) return undefined;
  const bytes = await response.bytes();
  checkBytes(digest, bytes);
  return bytes;
}

async function mount(registry: RegistryClient, name: string, digest: Digest, from: string): Promise<boolean> {
  const query = new URLSearchParams({ mount: digest, from });
  const response = await registry.send(`${name}/blobs/uploads/?${query}`, { method: "POST" });
  if (response.status === 201) return true;
  const session = response.headers.get("location");
  if (session) await registry.send(new URL(session, response.url), { method: "DELETE" }).catch(() => undefined);
  return false;
}

async function upload(registry: RegistryClient, name: string, digest: Digest, bytes: Uint8Array): Promise<void> {
  let session = sessionOf(await registry.send(`${name}/blobs/uploads/`, { method: "POST" }));
  let start = 0;
  for (; bytes.length - start > chunkSize; start += chunkSize) {
    const body = bytes.subarray(start, start + chunkSize);
    const headers = {
      "content-type": "application/octet-stream",
      "content-range": `${start}-${start + body.length - 1}`,
    };
    session = sessionOf(await registry.send(session, { method: "PATCH", headers, body }));
  }
  session.searchParams.set("digest", digest);
  const headers = { "content-type": "application/octet-stream" };
  const response = await registry.send(session, { method: "PUT", headers, body: bytes.subarray(start) });
  if (!response.ok) throw notTaken(response, "a blob");
}

/** Where an upload goes on; registries answer a URL or a path. */
function sessionOf(response: Response): URL {
  const location = response.headers.get("location");
  if (!response.ok || !location) throw notTaken(response, "an upload");
  return new URL(location, response.url);
}

function notTaken(response: Response, what: string): StoreError {
  const { host, pathname } = new URL(response.url);
  return new StoreError("refused", `registry ${host} does not take ${what}: ${response.status} for ${pathname}`);
}

async function getManifest(registry: RegistryClient, name: string, reference: string): Promise<Manifest | undefined> {
  const headers = { accept: manifestTypes.join(", ") };
  const path = isDigest(reference) ? reference : checkedTag(reference);
  const response = await registry.send(`${name}/manifests/${path}`, { headers });
  if (!response.ok) return undefined;
  const bytes = await response.bytes();
  if (isDigest(reference)) checkBytes(reference, bytes);
  const mediaType = response.headers.get("content-type")?.split(";")[0] ?? mediaTypes.manifest;
  return { digest: digestOf(bytes), mediaType, bytes };
}

async function putManifest(
  registry: RegistryClient,
  name: string,
  tag: string,
  bytes: Uint8Array,
  mediaType: string,
): Promise<Digest> {
  const headers = { "content-type": mediaType };
  const response = await registry.send(`${name}/manifests/${tag}`, { method: "PUT", headers, body: bytes });
  if (!response.ok) throw notTaken(response, "a manifest");
  return digestOf(bytes);
}

async function listTags(registry: RegistryClient, name: string): Promise<string[]> {
  const all: string[] = [];
  let page: string | URL | undefined = `${name}/tags/list?n=${tagsPerPage}`;
  while (page) {
    const response = await registry.send(page);
    if (!response.ok) return [];
    const { tags } = (await response.json()) as { tags?: string[] | null };
    all.push(...(tags ?? []));
    const next = /<([^>]+)>;\s*rel="?next"?/.exec(response.headers.get("link") ?? "")?.[1];
    page = next === undefined ? undefined : new URL(next, response.url);
  }
  return all.sort();
}

/**
 * With its last tag the manifest goes. So it is deleted by its digest: by the tag many registries would leave it behind,
 * and its layers with it. While a digest has other tags, which would go along, only the tag is deleted, if it can be.
 */
async function deleteTag(registry: RegistryClient, name: string, tag: string): Promise<void> {
  const digest = (await getManifest(registry, name, tag))?.digest;
  if (!digest) return;
  if (await hasOtherTag(registry, name, digest, tag)) {
    await isDeleted(registry, name, tag);
    return;
  }
  const isGone = (await isDeleted(registry, name, digest)) || (await isDeleted(registry, name, tag));
  if (!isGone) throw new PurgeUnsupported(`${name}:${tag}`);
}

async function hasOtherTag(registry: RegistryClient, name: string, digest: Digest, tag: string): Promise<boolean> {
  for (const other of await listTags(registry, name)) {
    if (other !== tag && (await getManifest(registry, name, other))?.digest === digest) return true;
  }
  return false;
}

async function isDeleted(registry: RegistryClient, name: string, reference: string): Promise<boolean> {
  try {
    const response = await registry.send(`${name}/manifests/${reference}`, { method: "DELETE" });
    return response.status !== 405;
  } catch (error) {
    if (error instanceof StoreError && error.kind === "refused") return false;
    throw error;
  }
}
