import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { choosePorts, defaultPort, type Ports, PortUnusable } from "./ports.ts";

/** Another program's port, until the end of the test or until it is released. */
async function taken(port = 0): Promise<{ port: number; release(): Promise<unknown> }> {
  const server = createServer().listen(port, "127.0.0.1");
  await new Promise((resolve, reject) => server.once("listening", resolve).once("error", reject));
  const address = server.address();
  const release = () => new Promise((resolve) => server.close(resolve));
  onTestFinished(() => void release());
  return { port: typeof address === "object" && address !== null ? address.port : 0, release };
}

test("three different free ports come from any free one", async () => {
  const { ports, moved } = await choosePorts(0, undefined);
  expect(new Set(Object.values(ports)).size).toBe(3);
  expect(Math.min(...Object.values(ports))).toBeGreaterThan(0);
  expect(moved).toEqual([]);
});

test("what was used last time is used again", async () => {
  const before = await choosePorts(0, undefined);
  expect(await choosePorts(undefined, before.preferred)).toEqual(before);
  expect(await choosePorts(before.ports.router, before.preferred)).toEqual(before);
});

test("without a wish and without a last time, the default ports are preferred", async () => {
  const { preferred } = await choosePorts(undefined, undefined);
  expect(preferred).toEqual({ router: defaultPort, api: defaultPort + 1, kubernetes: defaultPort + 2 });
});

test.each<keyof Ports>(["router", "api", "kubernetes"])(
  "a remembered %s port that is taken moves, says so, and goes back when it is free",
  async (what) => {
    const { preferred } = await choosePorts(0, undefined);
    const other = await taken(preferred[what]);
    const meanwhile = await choosePorts(undefined, preferred);
    expect(meanwhile.moved).toEqual([{ what, from: other.port, to: meanwhile.ports[what] }]);
    expect(meanwhile.ports).toEqual({ ...preferred, [what]: expect.any(Number) });
    expect(meanwhile.ports[what]).not.toBe(other.port);

    await other.release();
    expect(await choosePorts(undefined, meanwhile.preferred)).toMatchObject({ ports: preferred, moved: [] });
  },
);

test("a port that was asked for and is taken is refused", async () => {
  const other = await taken();
  await expect(choosePorts(other.port, undefined)).rejects.toThrow(
    new PortUnusable(other.port, "is taken by another program"),
  );
});
