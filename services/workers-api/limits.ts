/**
 * How much may be under way at once, so that one account's load, or malice, is not everybody's. Requests that change
 * something wait for their turn, in order and not for long; what is above that is refused with 429, or with 503 where
 * it is not the account's own doing.
 */

import type { WorkerAccount } from "../../api/workers/worker-account.ts";
import { type Limiter, limitParallel, TooBusy } from "../../runtime/parallel.ts";
import { apiError } from "./errors.ts";

export interface LimitNumbers {
  /** Requests of one account. */
  requests: number;
  /** Of these, changes: deploys, uploads, deletions, of which most hold their answers. As many again may wait. */
  changes: number;
  /** Uploads of one account that are being received, tried and stored: each takes up to 100 MiB of disk. */
  uploads: number;
  /** The same, of all accounts together. */
  allUploads: number;
  /** Longest wait for a turn, in milliseconds. */
  waitMs: number;
}

export const defaultLimits: LimitNumbers = {
  requests: 128,
  changes: 32,
  uploads: 2,
  allUploads: 16,
  waitMs: 30_000,
};

export interface Limits {
  /** Each runs the task, or rejects with an ApiError. */
  request: Turn;
  change: Turn;
  upload: Turn;
  /** One at a time: a tenant whose code never starts must not take the trials of the others. */
  trial: Turn;
  /** One at a time for each script: those who change it here need not outrun each other, only other replicas. */
  script: Turn<Caller & { script: string }>;
}

type Turn<C extends Caller = Caller> = <T>(call: C, task: () => Promise<T>) => Promise<T>;

interface Caller {
  account: WorkerAccount;
  platform: { closing: AbortSignal };
  gone: AbortSignal;
}

export function createLimits(numbers: Partial<LimitNumbers> = {}): Limits {
  const { requests, changes, uploads, allUploads, waitMs } = { ...defaultLimits, ...numbers };
  const refusal =
    (what: string) =>
    (call: Caller, { message }: TooBusy) =>
      apiError("tooManyRequests", { account: accountOf(call), what, message });
  const perAccount = (what: string, limit: number, mostWaiting?: number) =>
    inTurn(keyed(accountOf, limit, mostWaiting), waitMs, refusal(what));
  const perScript = keyed((call: Caller & { script: string }) => `${accountOf(call)}/${call.script}`, 1);
  const all = limitParallel(allUploads);

  const ownUploads = perAccount("uploads", uploads);
  const everybody = inTurn(
    () => all,
    waitMs,
    () => apiError("overloaded", {}),
  );
  return {
    request: perAccount("requests", requests, 0),
    change: perAccount("changes", changes, changes),
    upload: (call, task) => ownUploads(call, () => everybody(call, task)),
    trial: perAccount("trials", 1),
    script: inTurn(perScript, waitMs, refusal("changes of one Worker")),
  };
}

function accountOf({ account }: Caller): string {
  return account.metadata.name;
}

type Limiters<C extends Caller> = (call: C) => Limiter;

/** One limiter for each key, for as long as it has something to do. */
function keyed<C extends Caller>(keyOf: (call: C) => string, limit: number, mostWaiting?: number): Limiters<C> {
  const known = new Map<string, { run: Limiter; users: number }>();
  return (call) => async (task, patience) => {
    const key = keyOf(call);
    const own = known.get(key) ?? { run: limitParallel(limit, mostWaiting), users: 0 };
    known.set(key, own);
    own.users += 1;
    try {
      return await own.run(task, patience);
    } finally {
      own.users -= 1;
      if (own.users === 0) known.delete(key);
    }
  };
}

/** Nobody waits on for a client that has left, or in a service that stops. */
function inTurn<C extends Caller>(
  limiters: Limiters<C>,
  waitMs: number,
  refusal: (call: C, reason: TooBusy) => Error,
): Turn<C> {
  return async (call, task) => {
    const { closing } = call.platform;
    let hasBegun = false;
    const begin = () => {
      hasBegun = true;
      return task();
    };
    try {
      const patience = { waitMs, signal: AbortSignal.any([closing, call.gone]) };
      return await limiters(call)(begin, patience);
    } catch (error) {
      if (hasBegun) throw error;
      if (error instanceof TooBusy) throw refusal(call, error);
      throw apiError(closing.aborted ? "stopping" : "clientGone", {});
    }
  };
}
