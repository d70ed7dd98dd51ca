/** A work queue of keys: each key is processed by one worker at a time, however often it is added. */

export interface Queue {
  /** Process soon. Goes past any back-off; adds while the key waits or runs coalesce into one more run. */
  add(key: string): void;
  /** Process in `ms`. Of several pending delays of a key the earliest wins. */
  addAfter(key: string, ms: number): void;
  /** Process after the key's back-off, which doubles with every call until `forget`. */
  retry(key: string): void;
  /** Start the back-off from the beginning again. */
  forget(key: string): void;
  /** Drops what waits, and resolves when what runs has ended. */
  close(): Promise<void>;
}

export interface QueueOptions {
  /** How many keys are processed at the same time. */
  workers: number;
  /** Must not reject. */
  process(key: string): Promise<void>;
}

const firstBackoffMs = 5;
/** Metacontroller goes up to 1000 s; a minute is long enough to spare a hook and short enough to wait for. */
const longestBackoffMs = 60_000;
/** setTimeout fires at once beyond this. */
const longestDelayMs = 2 ** 31 - 1;

export function queue({ workers, process }: QueueOptions): Queue {
  const waiting = new Set<string>();
  const running = new Map<string, Promise<void>>();
  const failures = new Map<string, number>();
  const timers = delays(add);
  let closed = false;

  function add(key: string): void {
    if (closed) return;
    waiting.add(key);
    dispatch();
  }

  function dispatch(): void {
    for (const key of waiting) {
      if (running.size >= workers) return;
      if (running.has(key)) continue;
      waiting.delete(key);
      running.set(key, run(key));
    }
  }

  async function run(key: string): Promise<void> {
    await Promise.resolve(); // what is added in the same turn still coalesces
    await process(key);
    running.delete(key);
    dispatch();
  }

  return {
    add,
    addAfter: (key, ms) => {
      if (!closed) timers.set(key, ms);
    },
    retry(key) {
      const count = failures.get(key) ?? 0;
      failures.set(key, count + 1);
      if (!closed) timers.set(key, Math.min(longestBackoffMs, firstBackoffMs * 2 ** Math.min(count, 30)));
    },
    forget: (key) => void failures.delete(key),
    async close() {
      closed = true;
      waiting.clear();
      timers.clear();
      await Promise.all(running.values());
    },
  };
}

/** One timer per key. */
function delays(fire: (key: string) => void) {
  const pending = new Map<string, { at: number; timer: NodeJS.Timeout }>();

  return {
    set(key: string, ms: number): void {
      const at = performance.now() + ms;
      const earlier = pending.get(key);
      if (earlier !== undefined && earlier.at <= at) return;
      clearTimeout(earlier?.timer);
      const timer = setTimeout(
        () => {
          pending.delete(key);
          fire(key);
        },
        Math.min(ms, longestDelayMs),
      );
      pending.set(key, { at, timer });
    },
    clear(): void {
      for (const { timer } of pending.values()) clearTimeout(timer);
      pending.clear();
    },
  };
}
