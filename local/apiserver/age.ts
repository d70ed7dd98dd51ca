/** Durations as kubectl shows them: two units at most, coarser the older. */

/** `now` and the result of `Date.parse`, in milliseconds. */
export function age(since: string | undefined, now = Date.now()): string {
  const start = Date.parse(since ?? "");
  return Number.isNaN(start) ? "<unknown>" : duration(Math.max(0, Math.floor((now - start) / 1000)));
}

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
const year = 365 * day;

/** From each age on: the unit, and the smaller one that is still worth showing. */
const scale: { below: number; unit: [number, string]; rest?: [number, string] }[] = [
  { below: 2 * minute, unit: [1, "s"] },
  { below: 10 * minute, unit: [minute, "m"], rest: [1, "s"] },
  { below: 3 * hour, unit: [minute, "m"] },
  { below: 8 * hour, unit: [hour, "h"], rest: [minute, "m"] },
  { below: 2 * day, unit: [hour, "h"] },
  { below: 8 * day, unit: [day, "d"], rest: [hour, "h"] },
  { below: 2 * year, unit: [day, "d"] },
  { below: 8 * year, unit: [year, "y"], rest: [day, "d"] },
  { below: Number.POSITIVE_INFINITY, unit: [year, "y"] },
];

export function duration(seconds: number): string {
  const step = scale.find(({ below }) => seconds < below);
  if (step === undefined) return "<unknown>";
  const { unit, rest } = step;
  const remainder = rest ? Math.floor((seconds % unit[0]) / rest[0]) : 0;
  const tail = rest && remainder > 0 ? `${remainder}${rest[1]}` : "";
  return `${Math.floor(seconds / unit[0])}${unit[1]}${tail}`;
}
