/** Calls a hook: one POST, no retries, and only exactly 200 counts as an answer. */

import http, { type IncomingMessage } from "node:http";
import https, { type RequestOptions } from "node:https";
import { isIP } from "node:net";
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
    const response = await send(hook, JSON.stringify(request), AbortSignal.any([timeout, closing]));
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString("utf8");
    return { status: response.statusCode, body, retryAfter: response.headers["retry-after"] };
  } catch (error) {
    throw new HookError(`${hookName(hook)} failed: POST ${hook.url}: ${reason(error, timeout, hook)}`);
  }
}

const agents = { "http:": new http.Agent({ keepAlive: true }), "https:": new https.Agent({ keepAlive: true }) };

/** Resolves when the head of the answer is here. */
function send(hook: HookTarget, body: string, signal: AbortSignal): Promise<IncomingMessage> {
  const { authorization, ...tls } = hook.connection;
  const { host, hostname } = new URL(hook.url);
  const address = new URL(hook.at ?? hook.url);
  const secure = address.protocol === "https:";
  const options: RequestOptions = {
    ...tls,
    ...(isIP(hostname.replace(/^\[|\]$/g, "")) === 0 && { servername: hostname }),
    agent: agents[secure ? "https:" : "http:"],
    method: "POST",
    headers: {
      host,
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
      ...(authorization !== undefined && { authorization }),
    },
    signal,
  };
  return new Promise((resolve, reject) => {
    const request = (secure ? https : http).request(address, options, resolve);
    request.on("error", (error: NodeJS.ErrnoException) => {
      // The server closed a connection that was idle. Hooks have no effects, so that asking twice is safe.
      const isStale = request.reusedSocket && error.code === "ECONNRESET";
      if (isStale) send(hook, body, signal).then(resolve, reject);
      else reject(error);
    });
    request.end(body);
  });
}

function reason(error: unknown, timeout: AbortSignal, hook: HookTarget): string {
  if (timeout.aborted) return `no answer within ${hook.timeoutMs} ms`;
  // Of a name with several addresses: one error for each, and no text of its own.
  return messageOf(error instanceof AggregateError ? error.errors[0] : error);
}

function busy(hook: HookTarget, retryAfter: string | undefined, now: Date): HookBusy {
  const ms = retryAfterMs(retryAfter, now);
  if (ms !== undefined) return new HookBusy(ms);
  const got = retryAfter === undefined ? "no Retry-After" : `Retry-After ${JSON.stringify(retryAfter)}`;
  const rule = "429 needs whole seconds of at least 1, or a date; Metacontroller would call again at once";
  return new HookBusy(1_000, `${hookName(hook)} answered 429 with ${got}: ${rule}`);
}

function retryAfterMs(value: string | undefined, now: Date): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value) > 0 ? Number(value) * 1000 : undefined;
  const date = /^[A-Z][a-z]{2}, /.test(value) ? Date.parse(value) : Number.NaN;
  return date > now.getTime() ? date - now.getTime() : undefined;
}
