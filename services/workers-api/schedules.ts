/** Cron triggers: there are none, and a configuration with an empty list of them is content with that. */

import { Type } from "typebox";
import type { ScriptCall } from "./call.ts";
import type { Answer } from "./envelope.ts";
import { readJson } from "./json-body.ts";
import { refuse } from "./refusals.ts";
import { requireScript } from "./scripts.ts";

export async function getSchedules(call: ScriptCall): Promise<Answer> {
  await requireScript(call);
  return { result: { schedules: [] } };
}

const request = Type.Array(Type.Unknown(), { maxItems: 1000 });

export async function putSchedules(call: ScriptCall): Promise<Answer> {
  await requireScript(call);
  const wanted = await readJson(call, request);
  return wanted.length === 0 ? { result: { schedules: [] } } : refuse("cron triggers are", true);
}
