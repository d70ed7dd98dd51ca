/** Waits until something is true of a cache, asked again after every change. */

import { KubernetesError } from "./error.ts";

export interface WaitOptions {
  /** Default 30 s. */
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
  /** What is waited for, for the time-out's message. */
  what?: string | undefined;
}

/** What can be waited on. */
interface Changing {
  /** Until it resolves, what is not there yet would look as if it were gone. */
  ready: Promise<void>;
  onChange(listener: () => void): () => void;
  /** Ends every wait. */
  closed: AbortSignal;
}

/** Resolves with the first truthy answer. Rejects on time-out, abort and close, and with what `ask` throws. */
export function waitFor<R>(
  { ready, onChange, closed }: Changing,
  ask: () => R | undefined | null | false,
  { timeoutMs = 30_000, signal, what }: WaitOptions = {},
): Promise<R> {
  return new Promise((resolve, reject) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    const ended = AbortSignal.any([timeout, closed, ...(signal === undefined ? [] : [signal])]);
    let unsubscribe = (): unknown => undefined;
    let isSettled = false;
    const settle = (finish: () => void) => {
      isSettled = true;
      unsubscribe();
      ended.removeEventListener("abort", giveUp);
      finish();
    };
    const giveUp = () => settle(() => reject(timeout.aborted ? timedOut(what, timeoutMs) : ended.reason));
    const check = () => {
      try {
        const answer = ask();
        if (answer) settle(() => resolve(answer));
      } catch (error) {
        settle(() => reject(error));
      }
    };
    const begin = () => {
      if (isSettled) return;
      unsubscribe = onChange(check);
      check();
    };
    ended.addEventListener("abort", giveUp);
    if (ended.aborted) giveUp();
    else void ready.then(begin, giveUp);
  });
}

function timedOut(what: string | undefined, timeoutMs: number): KubernetesError {
  return new KubernetesError(0, "Timeout", `waited ${timeoutMs} ms for ${what ?? "a change"}`);
}
