import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import net, { type AddressInfo, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { openStore } from "./store.ts";
import { configMap, eventually } from "./test-server.ts";
import { serveWatch } from "./watch.ts";

const megabyte = "x".repeat(1024 * 1024);

/** A watch of a client that reads nothing, as the server sees it. */
async function unreadWatch(objects: number, timeoutSeconds?: number) {
  const store = openStore(":memory:");
  onTestFinished(() => store.close());
  const put = (name: string) =>
    store.put(
      { resource: "configmaps", namespace: "default", name },
      { ...configMap(name, { uid: name }), data: { megabyte } },
    );
  for (let i = 0; i < objects; i++) put(`before-${i}`);

  const server = createServer((_, response) =>
    serveWatch(
      store,
      { resource: "configmaps", selector: () => true, present: (object) => object, timeoutSeconds },
      response,
    ),
  ).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close().closeAllConnections());
  await once(server, "listening");
  const socket: Socket = net.connect((server.address() as AddressInfo).port, "127.0.0.1").on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
  socket.pause().write("GET / HTTP/1.1\r\nHost: api\r\n\r\n");
  const [, response] = (await once(server, "request")) as [unknown, ServerResponse];
  return { put, response };
}

test("a change after the time of a watch that is not read is no write after its end", async () => {
  const { put, response } = await unreadWatch(16, 0.02);
  await eventually(async () => response.writableEnded);
  expect(response.closed).toBe(false);
  const errors: Error[] = [];
  response.on("error", (error) => errors.push(error));
  put("late");
  await new Promise((resolve) => setImmediate(resolve));
  expect(errors).toEqual([]);
});

test("who leaves changes unread is disconnected, but not for what exists at the start", async () => {
  const { put, response } = await unreadWatch(40);
  put("a change");
  expect(response.destroyed).toBe(false);
  for (let i = 0; i < 8; i++) put(`change-${i}`);
  expect(response.destroyed).toBe(true);
});
