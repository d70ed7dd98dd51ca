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
}

type Turn = <T>(call: Caller, task: () => Promise<T>) => Promise<T>;

interface Caller {
  account: WorkerAccount;
  platform: { stopping: AbortSignal };
  gone: AbortSignal;
}

export function createLimits(numbers: Partial<LimitNumbers> = {}): Limits {
  const { requests, changes, uploads, allUploads, waitMs } = { ...defaultLimits, ...numbers };
  const everybody = inTurn(always(limitParallel(allUploads)), waitMs, () => apiError("overloaded", {}));
  const account = (limiter: Limiters, what: string) =>
    inTurn(limiter, waitMs, ({ account }, { message }) =>
      apiError("tooManyRequests", { account: account.metadata.name, what, message }),
    );
  const ownUploads = account(perAccount(uploads), "uploads");
  return {
    request: account(perAccount(requests, 0), "requests"),
    change: account(perAccount(changes, changes), "changes"),
    upload: (call, task) => ownUploads(call, () => everybody(call, task)),
    trial: account(perAccount(1), "trials"),
  };
}

type Limiters = (account: string) => Limiter;

function always(limiter: Limiter): Limiters {
  return () => limiter;
}

/** One limiter for each account, for as long as it has something to do. */
function perAccount(limit: number, mostWaiting?: number): Limiters {
  const known = new Map<string, { run: Limiter; users: number }>();
  return (account) => async (task, patience) => {
    const own = known.get(account) ?? { run: limitParallel(limit, mostWaiting), users: 0 };
    known.set(account, own);
    own.users += 1;
    try {
      return await own.run(task, patience);
    } finally {
      own.users -= 1;
      if (own.users === 0) known.delete(account);
    }
  };
}

/** Nobody waits on for a client that has left, or in a service that stops. */
function inTurn(limiters: Limiters, waitMs: number, refusal: (call: Caller, reason: TooBusy) => Error): Turn {
  return async (call, task) => {
    const { stopping } = call.platform;
    let hasBegun = false;
    const begin = () => {
      hasBegun = true;
      return task();
    };
    try {
      const patience = { waitMs, signal: AbortSignal.any([stopping, call.gone]) };
      return await limiters(call.account.metadata.name)(begin, patience);
    } catch (error) {
      if (hasBegun) throw error;
      if (error instanceof TooBusy) throw refusal(call, error);
      throw apiError(stopping.aborted ? "stopping" : "clientGone", {});
    }
  };
}
