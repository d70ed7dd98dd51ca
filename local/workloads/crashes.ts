/** Remembers how often each slot of a Deployment crashed with each template. */

import { type Backoff, backoffMs } from "./backoff.ts";
import type { ChildExit } from "./child.ts";
import type { Waiting } from "./template.ts";

export interface Crashes {
  /** @param readyForMs How long the process had been ready: long enough, and it is the first crash again. */
  add(slot: number, hash: string, exit: ChildExit, readyForMs: number, now: number): void;
  notBefore(slot: number, hash: string): number;
  /** What to tell about a template that keeps crashing. */
  trouble(hash: string): Waiting | undefined;
  /** The slot serves with this template. */
  recovered(slot: number, hash: string): void;
  /** Forgets all templates but these. */
  keepOnly(hashes: readonly string[]): void;
}

interface Crash {
  slot: number;
  hash: string;
  count: number;
  at: number;
  exit: ChildExit;
  recovered: boolean;
}

const healthyMs = 60_000;

export function crashes(backoff: Backoff): Crashes {
  let all: Crash[] = [];
  const find = (slot: number, hash: string) => all.find((each) => each.slot === slot && each.hash === hash);

  return {
    add(slot, hash, exit, readyForMs, now) {
      const before = readyForMs < healthyMs ? (find(slot, hash)?.count ?? 0) : 0;
      all = all.filter((each) => each !== find(slot, hash));
      all.push({ slot, hash, count: before + 1, at: now, exit, recovered: false });
    },
    notBefore(slot, hash) {
      const crash = find(slot, hash);
      return crash ? crash.at + backoffMs(crash.count, backoff) : 0;
    },
    trouble(hash) {
      const crash = all.find((each) => each.hash === hash && !each.recovered);
      return crash && { reason: "CrashLoopBackOff", message: describe(crash) };
    },
    recovered(slot, hash) {
      const crash = find(slot, hash);
      if (crash) crash.recovered = true;
    },
    keepOnly(hashes) {
      all = all.filter((each) => hashes.includes(each.hash));
    },
  };
}

function describe({ count, exit }: Crash): string {
  const cause = exit.outOfMemory ? "was out of memory" : `ended with exit code ${exit.exitCode}`;
  const times = count === 1 ? "" : `, ${count} times in a row`;
  return `The process ${cause}${times}${exit.lastWords === "" ? "" : `: ${exit.lastWords}`}`;
}
