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

export function patchSettings(call: ScriptCall): Promise<Answer> {
  return withUpload(call.request, "settings", async ({ field }) => {
    assertChangeable(await requireScript(call));
    const { bindings } = check(settings, parseJson(field, "settings"), "settings", "invalidUpload");
    const sent = listed(bindings);
    const deployed = await deployBindings(call, (previous) => resolveBindings(sent, [], previous));
    const { script, messages } = deployed;
    return { result: { ...presentSettings(script), bindings: deployed.bindings }, messages };
  });
}
