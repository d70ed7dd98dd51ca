/** One order for texts everywhere: by code units, so that it is the same on every machine and in every language. */
export function inOrder(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
