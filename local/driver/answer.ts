/** Reads a hook's answer as strictly as Metacontroller does, and refuses what would crash it. */

import type { HookTarget } from "./definition.ts";
import { isRecord, type JsonRecord } from "./json.ts";
import { HookError, hookName } from "./webhook.ts";

export interface SyncAnswer {
  status: JsonRecord;
  /** Each is an object with a `kind`; nothing more is known. */
  children: JsonRecord[];
  resyncAfterSeconds: number;
  finalized: boolean;
}

const fieldsOf = {
  sync: ["status", "children", "resyncAfterSeconds"],
  finalize: ["status", "children", "resyncAfterSeconds", "finalized"],
  customize: ["relatedResources"],
};

/** Missing and null mean: no status, no children, no resync, not finalized. */
export function syncAnswer(hook: HookTarget, body: unknown): SyncAnswer {
  const answer = record(hook, body);
  return {
    status: optional(hook, answer, "status", isRecord, "an object") ?? {},
    children: children(hook, answer),
    resyncAfterSeconds: optional(hook, answer, "resyncAfterSeconds", isNumber, "a number") ?? 0,
    finalized: optional(hook, answer, "finalized", isBoolean, "a boolean") ?? false,
  };
}

/** The rules as they came. */
export function customizeAnswer(hook: HookTarget, body: unknown): JsonRecord[] {
  const rules = optional(hook, record(hook, body), "relatedResources", Array.isArray, "a list") ?? [];
  return rules.map((rule, index) => element(hook, `relatedResources[${index}]`, rule));
}

function record(hook: HookTarget, body: unknown): JsonRecord {
  if (body === null) return {};
  if (!isRecord(body)) throw refused(hook, "it must be an object");
  const unknown = Object.keys(body).filter((field) => !fieldsOf[hook.name].includes(field));
  if (hook.strict && unknown.length > 0) throw refused(hook, `unknown field "${unknown.join('", "')}"`);
  return body;
}

function children(hook: HookTarget, answer: JsonRecord): JsonRecord[] {
  const list = optional(hook, answer, "children", Array.isArray, "a list") ?? [];
  return list.map((entry, index) => {
    const child = element(hook, `children[${index}]`, entry);
    if (typeof child.kind !== "string" || child.kind === "") throw refused(hook, `children[${index}].kind is missing`);
    return child;
  });
}

function element(hook: HookTarget, path: string, value: unknown): JsonRecord {
  if (value === null) throw refused(hook, `${path} is null, which crashes Metacontroller`);
  if (!isRecord(value)) throw refused(hook, `${path} must be an object`);
  return value;
}

function optional<T>(
  hook: HookTarget,
  answer: JsonRecord,
  field: string,
  is: (value: unknown) => value is T,
  what: string,
) {
  const value = answer[field];
  if (value === undefined || value === null) return undefined;
  if (!is(value)) throw refused(hook, `${field} must be ${what}`);
  return value;
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === "boolean";
}

function refused(hook: HookTarget, why: string): HookError {
  return new HookError(`${hookName(hook)} failed: the answer is refused: ${why}`);
}
