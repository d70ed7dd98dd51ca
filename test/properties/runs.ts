/**
 * How much is tried: FAST_CHECK_RUNS is a factor, 1 unless set. fast-check prints seed and path of what fails.
 * FAST_CHECK_SHRINK=1 looks for the smallest world that fails, which may take minutes.
 */
const factor = Number(process.env.FAST_CHECK_RUNS ?? 1);
const endOnFailure = process.env.FAST_CHECK_SHRINK !== "1";

export function runs(count: number) {
  return { numRuns: Math.max(1, Math.round(count * factor)), endOnFailure };
}

/** Milliseconds; more runs need more time. */
export const timeout = 30_000 * Math.max(1, factor);
