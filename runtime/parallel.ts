/** Limits on what runs at once: further tasks wait in the order in which they came, not for ever, and not too many. */

export interface Patience {
  /** Longest wait for a place, in milliseconds. Default: no limit. */
  waitMs?: number | undefined;
  /** Ends the wait. */
  signal?: AbortSignal | undefined;
}

/** A task was not begun: too many were ahead of it, or they took too long. */
export class TooBusy extends Error {}

/** Rejects with `TooBusy`, with the reason of `signal` when it aborts while the task waits, or with what the task throws. */
export type Limiter = <T>(task: () => Promise<T>, patience?: Patience) => Promise<T>;

/**
 * Runs at most `limit` tasks at a time.
 * @param mostWaiting tasks that may wait at once; further ones are refused
 */
export function limitParallel(limit: number, mostWaiting = Number.POSITIVE_INFINITY): Limiter {
  /** Each is called when its place is free. */
  const waiting = new Set<() => void>();
  let free = limit;

  function place({ waitMs, signal }: Patience): Promise<void> {
    if (waiting.size >= mostWaiting)
      throw new TooBusy(`${limit} are running and ${mostWaiting} are waiting, which is the most`);
    const inTime = waitMs === undefined ? undefined : AbortSignal.timeout(waitMs);
    const given = AbortSignal.any([signal, inTime].filter((each) => each !== undefined));
    given.throwIfAborted();
    return new Promise((resolve, reject) => {
      const begin = () => {
        given.removeEventListener("abort", giveUp);
        resolve();
      };
      const giveUp = () => {
        waiting.delete(begin);
        reject(inTime?.aborted ? new TooBusy(`none of ${limit} places was free within ${waitMs} ms`) : given.reason);
      };
      waiting.add(begin);
      given.addEventListener("abort", giveUp, { once: true });
    });
  }

  return async (task, patience = {}) => {
    if (free > 0) free -= 1;
    else await place(patience);
    try {
      return await task();
    } finally {
      const [next] = waiting;
      if (next === undefined) free += 1;
      else {
        waiting.delete(next);
        next();
      }
    }
  };
}
