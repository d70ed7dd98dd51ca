/** PATCH settings: how wrangler up to 4.86 changes several secrets at once. */

import { Type } from "typebox";
import { resolveBindings, type SentBinding, sentBindings } from "./bindings.ts";
import type { ScriptCall } from "./call.ts";
import type { Answer } from "./envelope.ts";
import { parseJson } from "./json-body.ts";
import { presentSettings } from "./present.ts";
import { check } from "./schema.ts";
import { assertChangeable, requireScript } from "./scripts.ts";
import { deployBindings } from "./secrets.ts";
import { assertTargets } from "./targets.ts";
import { withUpload } from "./upload.ts";

const settings = Type.Object(
  { bindings: Type.Array(Type.Unknown(), { maxItems: 512 }) },
  { additionalProperties: false },
);

/** All bindings are listed; one with nothing but type and name stays as it is. */
function listed(values: readonly unknown[]): SentBinding[] {
  return sentBindings(values.map(inheritedWhenBare), "settings.bindings");
}

function inheritedWhenBare(value: unknown): unknown {
  const { type, name, ...rest } = { ...(value as { type?: unknown; name?: unknown }) };
  return Object.keys(rest).length === 0 && type !== undefined && name !== undefined ? { type: "inherit", name } : value;
}

export async function patchSettings(call: ScriptCall): Promise<Answer> {
  const sent = await withUpload(call, "settings", async ({ field }) => {
    assertChangeable(await requireScript(call));
    const { bindings } = check(settings, parseJson(field, "settings"), "settings", "invalidUpload");
    return listed(bindings);
  });
  await assertTargets(call, sent);
  const deployed = await deployBindings(call, (previous) => resolveBindings(sent, [], previous));
  const { script, bindings, messages } = deployed;
  return { result: { ...presentSettings(script), bindings }, messages };
}
