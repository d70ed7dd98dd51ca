/** Small repeatable choices for one step of a schedule (mulberry32). */

export interface Random {
  /** From 0 to `limit` - 1. */
  below(limit: number): number;
  /** One of them; undefined when there is none. */
  pick<T>(items: readonly T[]): T | undefined;
  /** With a chance of one in `n`. */
  oneIn(n: number): boolean;
}

export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return { below, pick: (items) => items[below(items.length)], oneIn: (n) => below(n) === 0 };
}
