/** `MM/DD/YYYY`, as in the original's samples, becomes `YYYY-MM-DD`, which is what workerd wants. */
export function isoDate(date: string): string {
  return date.replace(/^(\d{2})\/(\d{2})\/(\d{4})$/, "$3-$1-$2");
}
