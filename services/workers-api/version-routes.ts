/** GET versions. */

import type { ScriptCall } from "./call.ts";
import { type Answer, paged } from "./envelope.ts";
import { presentVersion } from "./present.ts";
import { requireScript } from "./scripts.ts";
import { listVersions, requireVersion } from "./versions.ts";

/** Newest first; all of them can be deployed. */
export async function getVersions(call: ScriptCall): Promise<Answer> {
  const { page, info } = paged(await listVersions(call, await requireScript(call)), call.query);
  return { result: { items: page.map(presentVersion) }, resultInfo: info };
}

export async function getVersion(call: ScriptCall): Promise<Answer> {
  const { version = "" } = call.params;
  return { result: presentVersion(await requireVersion(call, await requireScript(call), version)) };
}
