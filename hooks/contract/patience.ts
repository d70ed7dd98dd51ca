/** When waiting becomes worth a word: everything that a hook waits for takes less, unless something is wrong. */

const patienceSeconds = 20;

/** Whole seconds until what has been waited for since then is overdue; 0 when it is. */
export function patienceLeft(since: string, now: string): number {
  return Math.max(0, Math.ceil((Date.parse(since) - Date.parse(now)) / 1000) + patienceSeconds);
}

export function isOverdue(since: string, now: string): boolean {
  return patienceLeft(since, now) === 0;
}

/** The first moment of those that are to come, in whole seconds from now. */
export function earliest(...seconds: (number | undefined)[]): number | undefined {
  const known = seconds.filter((value): value is number => value !== undefined && value > 0);
  return known.length === 0 ? undefined : Math.min(...known);
}
