/** One trial at a time per account: a tenant whose code never starts must not take the trials of the others. */

import { limitParallel } from "../../runtime/parallel.ts";

interface Turn {
  run: ReturnType<typeof limitParallel>;
  users: number;
}

const turns = new Map<string, Turn>();

export async function inTurnOf<T>(account: string, task: () => Promise<T>): Promise<T> {
  const turn = turns.get(account) ?? { run: limitParallel(1), users: 0 };
  turns.set(account, turn);
  turn.users += 1;
  try {
    return await turn.run(task);
  } finally {
    turn.users -= 1;
    if (turn.users === 0) turns.delete(account);
  }
}
