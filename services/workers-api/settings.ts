/** Settings of a script: those that belong to no version, and the bindings of the newest one. */

import { Type } from "typebox";
import type { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import type { MergePatch } from "../../kubernetes/client.ts";
import type { ScriptCall } from "./call.ts";
import type { Answer } from "./envelope.ts";
import { apiError } from "./errors.ts";
import { readJson } from "./json-body.ts";
import { presentBindings, presentScriptSummary, presentSettings } from "./present.ts";
import { changeScript, requireScript } from "./scripts.ts";
import { listVersions } from "./versions.ts";

type Spec = WorkerDeployment["spec"];
type Settings = Pick<Spec, "observability" | "logpush" | "tags">;

const largestObservability = 4096;

/** @throws ApiError for settings that are too large to keep: nothing here acts on them */
export function assertKeepable({ observability }: Pick<Settings, "observability">, at = ""): void {
  const size = Buffer.byteLength(JSON.stringify(observability ?? {}));
  if (size <= largestObservability) return;
  const problem = `${at}observability takes ${size} bytes as JSON; at most ${largestObservability} are allowed`;
  throw apiError("invalidRequest", { problem });
}

/** A merge patch that replaces the settings that are given: an object's old fields go, which merging alone would keep. */
export function settingsPatch({ spec }: WorkerDeployment, settings: Settings): MergePatch<Spec> {
  const { observability, ...rest } = settings;
  if (observability === undefined) return rest;
  return { ...rest, observability: replacement(spec.observability, observability) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The merge patch that makes `wanted` out of `present`. */
function replacement(present: unknown, wanted: unknown): unknown {
  if (!isObject(present) || !isObject(wanted)) return wanted;
  const removed = Object.keys(present).filter((key) => !Object.hasOwn(wanted, key));
  return {
    ...Object.fromEntries(removed.map((key) => [key, null])),
    ...Object.fromEntries(Object.entries(wanted).map(([key, value]) => [key, replacement(present[key], value)])),
  };
}

/** GET settings: wrangler reads the bindings. */
export async function getSettings(call: ScriptCall): Promise<Answer> {
  const script = await requireScript(call);
  const [newest] = await listVersions(call, script);
  return {
    result: {
      ...presentScriptSummary(script, newest),
      ...presentSettings(script),
      bindings: newest === undefined ? [] : presentBindings(newest),
      placement: {},
    },
  };
}

export async function getScriptSettings(call: ScriptCall): Promise<Answer> {
  return { result: presentSettings(await requireScript(call)) };
}

const tailConsumers = Type.Optional(Type.Union([Type.Null(), Type.Array(Type.Unknown())]));

const scriptSettings = Type.Object(
  {
    logpush: Type.Optional(Type.Boolean()),
    observability: Type.Optional(Type.Object({}, { additionalProperties: true })),
    tags: Type.Optional(Type.Union([Type.Null(), Type.Array(Type.String({ maxLength: 1000 }), { maxItems: 20 })])),
    tail_consumers: tailConsumers,
    streaming_tail_consumers: tailConsumers,
  },
  { additionalProperties: false },
);

/** PATCH script-settings: stored and echoed; only Tail Workers would do something, so they are refused. */
export async function patchScriptSettings(call: ScriptCall): Promise<Answer> {
  const script = await requireScript(call);
  const { tags, tail_consumers, streaming_tail_consumers, ...rest } = await readJson(call, scriptSettings);
  for (const [field, value] of Object.entries({ tail_consumers, streaming_tail_consumers })) {
    if (value != null && value.length > 0) throw apiError("unsupported", { field, what: "Tail Workers are" });
  }
  assertKeepable(rest);
  const settings = { ...rest, ...(tags === undefined ? {} : { tags: tags ?? [] }) };
  const changed = await changeScript(call, script, (current) => ({ spec: settingsPatch(current, settings) }));
  return { result: presentSettings(changed) };
}
