/** How long the steps of a build took. */

export interface Stopwatch {
  /** Waits for the work of a step and notes how long that took. */
  time<T>(step: string, work: Promise<T>): Promise<T>;
  /** Milliseconds by step; `total` since the stopwatch was started. */
  durations(): Record<string, number>;
}

export function stopwatch(): Stopwatch {
  const startedAt = performance.now();
  const steps: Record<string, number> = {};
  const since = (start: number) => Math.round(performance.now() - start);
  return {
    async time(step, work) {
      const start = performance.now();
      try {
        return await work;
      } finally {
        steps[step] = since(start);
      }
    },
    durations: () => ({ ...steps, total: since(startedAt) }),
  };
}
