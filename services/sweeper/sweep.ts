/**
 * One sweep: take an inventory, look at the resources afterwards, choose what nothing references and what is old
 * enough, and look at the resources again before each batch goes.
 */

import { PurgeUnsupported } from "../../stores/error.ts";
import { condemned, isReferenced, type Marks, marked } from "./decide.ts";
import type { Installation } from "./installation.ts";
import { type Image, type Inventory, takeInventory } from "./inventory.ts";
import { type Item, nameOf, type References } from "./item.ts";
import { withoutUsedLayers } from "./layers.ts";
import { readMarks, writeMarks } from "./marks.ts";
import { referencesOf } from "./references.ts";
import { remove } from "./remove.ts";
import { newReport, type SweepReport } from "./report.ts";
import { listResources } from "./resources.ts";

export interface SweepOptions {
  graceSeconds: number;
  now: Date;
  /** Ends the sweep between two batches. */
  signal: AbortSignal;
}

/** Few enough that the second look is a fresh one, many enough that it is rare. */
const batchSize = 100;

/** @throws when anything cannot be listed; what is deleted until then was without a reference. */
export async function sweep(installation: Installation, options: SweepOptions): Promise<SweepReport> {
  const { blobStore } = installation;
  const before = await readMarks(blobStore);
  const inventory = await takeInventory(installation, before);
  const references = await look(installation);
  const marks = marked(inventory.images, references, before, options.now);
  await writeMarks(blobStore, marks, before);

  const report = newReport(inventory);
  const old = condemned(itemsOf(inventory, marks, options.now), references, options.now, options.graceSeconds);
  const candidates = await withoutUsedLayers(old, imagesWithout(old, inventory), installation);
  for (let start = 0; start < candidates.length && !options.signal.aborted; start += batchSize) {
    const latest = await look(installation);
    const batch = candidates.slice(start, start + batchSize).filter((item) => !isReferenced(item, latest));
    for (const item of batch) await removeInto(report, item, installation);
  }
  return report;
}

function itemsOf({ images, blobs, secrets }: Inventory, marks: Marks, now: Date): Item[] {
  const items = images.map(({ account, tag }) => {
    return { kind: "image" as const, account, tag, since: new Date(marks[`${account}:${tag}`] ?? now) };
  });
  return [...items, ...blobs, ...secrets];
}

function imagesWithout(items: readonly Item[], { images }: Inventory): Image[] {
  const going = new Set(items.filter(({ kind }) => kind === "image").map(nameOf));
  return images.filter(({ account, tag }) => !going.has(`${account}:${tag}`));
}

async function look({ client, blobStore }: Installation): Promise<References> {
  return referencesOf(await listResources(client), blobStore.url);
}

/** What cannot be deleted holds up nothing else. */
async function removeInto(report: SweepReport, item: Item, installation: Installation): Promise<void> {
  const name = nameOf(item);
  if (item.kind === "image" && report.purgeUnsupported.length > 0) {
    report.purgeUnsupported.push(name); // one image store has one answer for all
    return;
  }
  try {
    if (await remove(item, installation)) report.deleted[item.kind].push(name);
  } catch (error) {
    if (error instanceof PurgeUnsupported) report.purgeUnsupported.push(name);
    else report.failed.push({ name, reason: error instanceof Error ? error.message : String(error) });
  }
}
