/** Calls a hook: one POST, no retries, and only exactly 200 counts as an answer. */

import type { HookTarget } from "./definition.ts";
import { messageOf } from "./json.ts";

/** The hook gave no usable answer; nothing may be written. */
export class HookError extends Error {
  override readonly name = "HookError";
}

/** The hook answered 429: ask again later, without an error. */
export class HookBusy extends Error {
  override readonly name = "HookBusy";
  readonly retryAfterMs: number;
  /** Set when Retry-After was missing or unusable, which makes Metacontroller call again without any delay. */
  readonly warning: string | undefined;

  constructor(retryAfterMs: number, warning?: string) {
    super("the hook is busy");
    this.retryAfterMs = retryAfterMs;
    this.warning = warning;
  }
}

export interface WebhookOptions {
  /** Ends calls when the driver closes. */
  signal: AbortSignal;
  now: () => Date;
}

/** The parsed body of the answer. */
export async function callWebhook(hook: HookTarget, request: object, options: WebhookOptions): Promise<unknown> {
  const { status, body, retryAfter } = await post(hook, request, options.signal);
  if (status === 429) throw busy(hook, retryAfter, options.now());
  if (status !== 200) throw new HookError(`${hookName(hook)} failed: unsupported status code: ${status} body: ${body}`);
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new HookError(`${hookName(hook)} failed: the answer is not JSON: ${messageOf(error)}`);
  }
}

export function hookName(hook: HookTarget): string {
  return `${hook.name} hook (version=${hook.version})`;
}

async function post(hook: HookTarget, request: object, closing: AbortSignal) {
  const timeout = AbortSignal.timeout(hook.timeoutMs);
  try {
    const response = await fetch(hook.url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(request),
      signal: AbortSignal.any([timeout, closing]),
    });
    const body = await response.text();
    return { status: response.status, body, retryAfter: response.headers.get("retry-after") };
  } catch (error) {
    throw new HookError(`${hookName(hook)} failed: POST ${hook.url}: ${reason(error, timeout, hook)}`);
  }
}

function reason(error: unknown, timeout: AbortSignal, hook: HookTarget): string {
  if (timeout.aborted) return `no answer within ${hook.timeoutMs} ms`;
  const cause = error instanceof Error && error.cause !== undefined ? `: ${messageOf(error.cause)}` : "";
  return messageOf(error) + cause;
}

function busy(hook: HookTarget, retryAfter: string | null, now: Date): HookBusy {
  const ms = retryAfterMs(retryAfter, now);
  if (ms !== undefined) return new HookBusy(ms);
  const got = retryAfter === null ? "no Retry-After" : `Retry-After ${JSON.stringify(retryAfter)}`;
  const rule = "429 needs whole seconds of at least 1, or a date; Metacontroller would call again at once";
  return new HookBusy(1_000, `${hookName(hook)} answered 429 with ${got}: ${rule}`);
}

function retryAfterMs(value: string | null, now: Date): number | undefined {
  if (value === null) return undefined;
  if (/^\d+$/.test(value)) return Number(value) > 0 ? Number(value) * 1000 : undefined;
  const date = /^[A-Z][a-z]{2}, /.test(value) ? Date.parse(value) : Number.NaN;
  return date > now.getTime() ? date - now.getTime() : undefined;
}
