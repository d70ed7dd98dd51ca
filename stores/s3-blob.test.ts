import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { openS3BlobStore } from "./s3-blob.ts";

/** Takes requests, and says nothing. */
async function silentServer(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
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
