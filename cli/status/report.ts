/** The full text of a failed build, from the blob store of the embedded platform; a cluster's is for the API alone. */

import { localSettings } from "../../local/platform/settings.ts";
import { openBlobStore } from "../../stores/blob.ts";
import type { Target } from "../target/target.ts";
import { type Driven, readiness } from "./waiting.ts";

export async function reportOf(object: Driven, target: Target): Promise<string | undefined> {
  const key = object.status?.report;
  if (target.kind !== "embedded" || key === undefined || readiness(object)?.status !== "False") return undefined;
  const store = await openBlobStore(localSettings(target.folder, target.record.ports.router).blobStore);
  const bytes = await store.get(key);
  if (bytes === undefined) return undefined;
  const report = JSON.parse(Buffer.from(bytes).toString("utf8")) as { failure?: { message?: string } };
  return report.failure?.message;
}
