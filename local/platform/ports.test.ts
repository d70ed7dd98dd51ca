import { createServer } from "node:net";
import { expect, test } from "vitest";
import { choosePorts, PortTaken } from "./ports.ts";

async function taken(): Promise<{ port: number; release(): void }> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  return { port: typeof address === "object" && address !== null ? address.port : 0, release: () => server.close() };
}

test("three different free ports come from any free one", async () => {
  const ports = Object.values(await choosePorts(0, {}));
  expect(new Set(ports).size).toBe(3);
  expect(Math.min(...ports)).toBeGreaterThan(0);
});

test("what was used last time is used again", async () => {
  const before = await choosePorts(0, {});
  expect(await choosePorts(undefined, before)).toEqual(before);
});

test("a port that was asked for and is taken is refused, one that was only remembered is replaced", async () => {
  const other = await taken();
  await expect(choosePorts(other.port, {})).rejects.toThrow(PortTaken);
  expect((await choosePorts(undefined, { router: other.port })).router).not.toBe(other.port);
  other.release();
});
