/** Lists what could be swept. Every failure to list is thrown: half an inventory decides nothing. */

import { Secret } from "../../api/builtin.ts";
import { apiVersionOf } from "../../api/resource.ts";
import { accountLabel } from "../../api/workers/fields.ts";
import { versionSecretName } from "../../api/workers/object-names.ts";
import { WorkerVersion } from "../../api/workers/worker-version.ts";
import type { Marks } from "./decide.ts";
import type { Installation } from "./installation.ts";
import type { BlobItem, SecretItem } from "./item.ts";
import { wholeList } from "./list.ts";
import { listAccounts } from "./resources.ts";

/** Everything else in the blob store is not ours to delete. */
const sweptFolders = ["accounts/", "layers/", "reports/"] as const;
const accountPattern = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

export interface Image {
  account: string;
  tag: string;
}

export interface Inventory {
  blobs: BlobItem[];
  images: Image[];
  secrets: SecretItem[];
}

/** @param marks of the sweep before: they remember accounts of which nothing but images is left. */
export async function takeInventory(installation: Installation, marks: Marks): Promise<Inventory> {
  const blobs = await listBlobs(installation);
  const accounts = new Set([
    ...(await listAccounts(installation.client)),
    ...blobs.map(({ key }) => key.split("/")[1] ?? ""),
    ...Object.keys(marks).map((image) => image.split(":")[0] ?? ""),
  ]);
  const images: Image[] = [];
  for (const account of [...accounts].filter((name) => accountPattern.test(name)).sort()) {
    const tags = await (await installation.openImages(account)).tags();
    images.push(...tags.map((tag) => ({ account, tag })));
  }
  return { blobs, images, secrets: await listSecrets(installation) };
}

async function listBlobs({ blobStore }: Installation): Promise<BlobItem[]> {
  const blobs: BlobItem[] = [];
  for (const folder of sweptFolders) {
    for await (const { key, lastModified } of blobStore.list(folder)) {
      blobs.push({ kind: "blob", key, since: lastModified });
    }
  }
  return blobs;
}

async function listSecrets({ client }: Installation): Promise<SecretItem[]> {
  const secrets = await wholeList(client, Secret, accountLabel);
  return secrets
    .filter(isMadeByTheApi)
    .map(({ metadata: { namespace = "", name, uid = "", creationTimestamp = "" } }) => ({
      kind: "secret",
      namespace,
      name,
      uid,
      since: new Date(creationTimestamp),
    }));
}

/** A kubectl user's Secrets stay, whatever their labels say. */
function isMadeByTheApi({ immutable, metadata }: Secret): boolean {
  const owners = metadata.ownerReferences ?? [];
  const isOfVersion = owners.some(
    ({ apiVersion, kind, name }) =>
      apiVersion === apiVersionOf(WorkerVersion) &&
      kind === WorkerVersion.kind &&
      versionSecretName(name) === metadata.name,
  );
  return immutable === true && isOfVersion;
}
