/** How long to wait before something that failed is started again. */

export interface Backoff {
  /** After the second failure in a row; the first is followed by an immediate start. */
  firstMs: number;
  longestMs: number;
}

/** @param failures In a row, 1 for the first. */
export function backoffMs(failures: number, { firstMs, longestMs }: Backoff): number {
  if (failures < 2) return 0;
  return Math.min(longestMs, firstMs * 2 ** Math.min(failures - 2, 30));
}
