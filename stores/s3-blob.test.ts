import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { openS3BlobStore } from "./s3-blob.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Takes connections, and says nothing. */
async function silentServer(): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    sockets.add(socket);
  });
  closing.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function firstOf<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  for await (const item of items) return item;
  return undefined;
}

test("a server that says nothing is one that cannot be reached", async () => {
  const env = { AWS_ENDPOINT_URL: await silentServer(), AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" };
  const store = await openS3BlobStore("s3://bucket", env, { connectMs: 100, silentMs: 100 });
  await expect(store.get("a")).rejects.toMatchObject({ name: "StoreError", kind: "unreachable" });
  await expect(store.put("a", "b")).rejects.toMatchObject({ kind: "unreachable" });
  await expect(firstOf(store.list(""))).rejects.toMatchObject({ kind: "unreachable" });
});
