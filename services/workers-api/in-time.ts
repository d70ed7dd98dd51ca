/** Bodies that come too slowly. */

import { apiError } from "./errors.ts";

/** The chunks, for as long as each comes within `silenceMs` and all within `totalMs`. @throws ApiError `uploadTooSlow` */
export async function* inTime<T>(chunks: AsyncIterable<T>, silenceMs: number, totalMs: number): AsyncGenerator<T> {
  const started = performance.now();
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { value, done } = await within(iterator.next(), silenceMs);
      if (done) return;
      yield value;
      if (performance.now() - started > totalMs) throw tooSlow(`took longer than ${totalMs / 1000} s`);
    }
  } finally {
    // Not waited for: it ends after a chunk that may never come.
    iterator.return?.().catch(() => undefined);
  }
}

function within<T>(step: Promise<T>, limitMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(tooSlow(`was silent for ${limitMs / 1000} s before its end`));
    const timer = setTimeout(giveUp, limitMs);
    step.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function tooSlow(problem: string) {
  return apiError("uploadTooSlow", { problem });
}
