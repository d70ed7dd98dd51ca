/** One layer per code: made once, remembered in the blob store, and used only while the image store still has it. */

import { workerdVersion } from "../../runtime/binary.ts";
import { codePath, type Layer, type LayerRecord, layerOf } from "../../stores/worker-image.ts";
import type { BuildInput } from "./input.ts";
import type { Source } from "./source.ts";
import type { Stores } from "./stores.ts";

/** A record also says that the code could start on this version of the runtime, so another version has none yet. */
function recordKey(account: string, codeDigest: string): string {
  return `layers/${account}/${codeDigest}-${workerdVersion}.json`;
}

/** The layer of a code that an earlier build made; undefined when it has to be made. */
export async function rememberedLayer(
  { codeDigest }: Source,
  { account }: BuildInput,
  stores: Stores,
): Promise<LayerRecord | undefined> {
  const bytes = await stores.blobs((blobs) => blobs.get(recordKey(account, codeDigest)));
  const record = bytes && recordIn(bytes);
  const isThere = record && (await stores.images((images) => images.hasBlob(record.digest)));
  return isThere ? record : undefined;
}

/** A record that cannot be read is as good as none. */
function recordIn(bytes: Uint8Array): LayerRecord | undefined {
  try {
    const { digest, diffId, size } = JSON.parse(Buffer.from(bytes).toString());
    const isWhole = [digest, diffId].every((value) => /^sha256:[0-9a-f]{64}$/.test(value)) && Number.isInteger(size);
    return isWhole ? { digest, diffId, size } : undefined;
  } catch {
    return undefined;
  }
}

/** Makes and pushes the layer of a code. */
export async function pushedLayer(source: Source, stores: Stores): Promise<LayerRecord> {
  const files = await source.load();
  const layer = await layerOf(files.map(({ path, bytes }) => ({ path: codePath(source.codeDigest, path), bytes })));
  await pushLayer(layer, stores);
  const { digest, diffId, size } = layer;
  return { digest, diffId, size };
}

export async function pushLayer({ digest, bytes }: Layer, stores: Stores): Promise<void> {
  await stores.images((images) => images.putBlob(digest, bytes));
}

/** Only for code that has proved that it can start. */
export async function rememberLayer(
  { codeDigest }: Source,
  record: LayerRecord,
  { account }: BuildInput,
  stores: Stores,
): Promise<void> {
  await stores.blobs((blobs) => blobs.put(recordKey(account, codeDigest), JSON.stringify(record)));
}
