import { once } from "node:events";
import { Agent, createServer, get, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { closeServer, listen, portOf } from "./http-server.ts";

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer({ keepAliveTimeout: 60_000 }, answer);
  onTestFinished(() => server.closeAllConnections());
  return { server, url: await listen(server, 0, "127.0.0.1") };
}

test("a server says where it listens", async () => {
  const { server, url } = await serve((_, response) => response.end("here"));
  expect(url).toBe(`http://127.0.0.1:${portOf(server)}`);
  expect(await (await fetch(url)).text()).toBe("here");
});

test("a port that is taken is said by rejecting", async () => {
  const { server } = await serve(() => undefined);
  await expect(listen(createServer(), portOf(server), "127.0.0.1")).rejects.toThrow("EADDRINUSE");
});

test("closing answers the request that runs, and does not wait for the connection that it leaves open", async () => {
  const { server, url } = await serve(() => undefined);
  const request = get(url, { agent: new Agent({ keepAlive: true }) });
  const response = once(request, "response");
  const [, held] = (await once(server, "request")) as [IncomingMessage, ServerResponse];

  const closed = closeServer(server, 30_000);
  held.end("late");
  expect(await text((await response)[0])).toBe("late");
  await closed;
});

test("a request that takes too long is cut", async () => {
  const { server, url } = await serve(() => undefined);
  const request = get(url);
  const failed = once(request, "error");
  await once(server, "request");
  await closeServer(server, 1);
  expect((await failed)[0]).toMatchObject({ code: "ECONNRESET" });
});
