/** Runs one reconcile at a time for each key, again after every trigger, and with growing pauses after failures. */

export interface ReconcileLoop {
  trigger(key: string): void;
  /** Resolves when nothing runs any more. */
  close(): Promise<void>;
}

export interface ReconcileOptions {
  /** Resolves with the time (milliseconds) at which to run again at the latest. */
  reconcile(key: string): Promise<number | undefined>;
  onError(key: string, error: unknown): void;
}

interface Entry {
  running: Promise<void> | undefined;
  again: boolean;
  failures: number;
  timer: NodeJS.Timeout | undefined;
}

const firstPauseMs = 100;
const longestPauseMs = 5_000;
/** The longest time that a timer of Node can hold. */
const longestTimerMs = 2 ** 31 - 1;

export function reconcileLoop({ reconcile, onError }: ReconcileOptions): ReconcileLoop {
  const entries = new Map<string, Entry>();
  let closed = false;

  /** Milliseconds until the next run; `undefined` for none. */
  async function runOnce(key: string, entry: Entry): Promise<number | undefined> {
    try {
      const wakeAt = await reconcile(key);
      entry.failures = 0;
      return wakeAt === undefined ? undefined : Math.max(0, wakeAt - Date.now());
    } catch (error) {
      if (!closed) onError(key, error);
      entry.failures += 1;
      return Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(entry.failures - 1, 10));
    }
  }

  async function run(key: string, entry: Entry): Promise<void> {
    let pause: number | undefined;
    while (entry.again && !closed) {
      entry.again = false;
      clearTimeout(entry.timer);
      pause = await runOnce(key, entry);
    }
    entry.running = undefined;
    if (closed || pause === undefined) entries.delete(key);
    else entry.timer = setTimeout(trigger, Math.min(pause, longestTimerMs), key);
  }

  function trigger(key: string): void {
    if (closed) return;
    const entry = entries.get(key) ?? { running: undefined, again: false, failures: 0, timer: undefined };
    entries.set(key, entry);
    entry.again = true;
    // Triggers of the same moment are one.
    entry.running ??= Promise.resolve().then(() => run(key, entry));
  }

  return {
    trigger,
    async close() {
      closed = true;
      for (const { timer } of entries.values()) clearTimeout(timer);
      await Promise.all([...entries.values()].map((entry) => entry.running));
    },
  };
}
