/** A request body that streams through and can be sent again from its start while it is small. */

import type { Readable, Writable } from "node:stream";

export interface RequestBody {
  /** False once more has passed than is kept: the request can then be sent only once. */
  readonly replayable: boolean;
  /** Writes what was kept, then what arrives, at the pace of `destination`, and ends it. Returns how to stop. */
  sendTo(destination: Writable): () => void;
}

/** @param limit Bytes that are kept for another attempt. */
export function requestBody(source: Readable, limit: number): RequestBody {
  let kept: Buffer[] = [];
  let size = 0;
  let ended = false;
  source.once("end", () => {
    ended = true;
  });

  function keep(chunk: Buffer): void {
    size += chunk.length;
    if (size <= limit) kept.push(chunk);
    else kept = [];
  }

  return {
    get replayable() {
      return size <= limit;
    },
    sendTo(destination) {
      for (const chunk of kept) destination.write(chunk);
      if (ended) {
        destination.end();
        return () => undefined;
      }
      return pump(source, destination, keep);
    },
  };
}

/** `pipe` with a look at every chunk, and with a way to stop that leaves the source usable. */
function pump(source: Readable, destination: Writable, onChunk: (chunk: Buffer) => void): () => void {
  const onData = (chunk: Buffer) => {
    onChunk(chunk);
    if (!destination.write(chunk)) source.pause();
  };
  const onEnd = () => destination.end();
  const onDrain = () => source.resume();
  source.on("data", onData).on("end", onEnd);
  destination.on("drain", onDrain);
  source.resume();

  return () => {
    source.off("data", onData).off("end", onEnd).pause();
    destination.off("drain", onDrain);
  };
}
