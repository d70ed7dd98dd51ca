/** Waits for a condition, never for a time. */

import { setTimeout as delay } from "node:timers/promises";

export interface WaitOptions {
  /** For the message when it takes too long. */
  what: string;
  timeoutMs?: number;
  everyMs?: number;
  /** Asked each time: an error ends the waiting with it. */
  unless?: () => string | undefined;
}

/** Resolves with the first value that is neither undefined nor false; what throws is not there yet. */
export async function waitFor<T>(
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  { what, timeoutMs = 60_000, everyMs = 50, unless = () => undefined }: WaitOptions,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  let last: unknown;
  do {
    const hopeless = unless();
    if (hopeless !== undefined) throw new Error(`${what}: ${hopeless}`);
    try {
      const value = await probe();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      last = error;
    }
    await delay(everyMs);
  } while (Date.now() < end);
  const reason = last instanceof Error ? `: ${last.message}` : "";
  throw new Error(`${what}: not within ${timeoutMs / 1000} s${reason}`);
}
