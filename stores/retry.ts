/** Repeats what failed for a reason that may heal within seconds. */

import { setTimeout as wait } from "node:timers/promises";
import { isTransient } from "./error.ts";

export interface RetryOptions {
  /** Milliseconds after which the last error is thrown. Default 5,000. */
  forMs?: number;
  /** Milliseconds before the first repetition; they double. Default 100. */
  firstPauseMs?: number;
  signal?: AbortSignal;
}

export async function retryTransient<T>(task: () => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const { forMs = 5_000, firstPauseMs = 100, signal } = options;
  const giveUpAt = performance.now() + forMs;
  for (let pause = firstPauseMs; ; pause *= 2) {
    signal?.throwIfAborted();
    try {
      return await task();
    } catch (error) {
      if (!isTransient(error) || performance.now() + pause > giveUpAt) throw error;
    }
    await wait(pause, undefined, signal && { signal });
  }
}
