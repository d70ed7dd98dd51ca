import { expect, test } from "vitest";
import { inTime } from "./in-time.ts";

const isOver: string[] = [];

async function* slow(chunks: readonly string[], pauseMs: number): AsyncGenerator<string> {
  try {
    for (const chunk of chunks) {
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      yield chunk;
    }
  } finally {
    isOver.push(chunks.join(""));
  }
}

async function read(chunks: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const chunk of chunks) text += chunk;
  return text;
}

test("a body that comes in time is passed on", async () => {
  expect(await read(inTime(slow(["a", "b", "c"], 1), 5_000, 5_000))).toBe("abc");
});

test("one that falls silent is refused", async () => {
  const never: AsyncIterable<string> = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) };
  await expect(read(inTime(never, 5, 5_000))).rejects.toMatchObject({
    status: 408,
    code: 12025,
    message: "the upload was silent for 0.005 s before its end",
  });
});

test("one that trickles for ever is refused, and its source is ended", async () => {
  await expect(read(inTime(slow(["d", "e", "f", "g"], 10), 5_000, 15))).rejects.toMatchObject({
    message: "the upload took longer than 0.015 s",
  });
  await expect.poll(() => isOver).toContain("defg");
});
