import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { digestOf } from "./digest.ts";
import { openImageStore } from "./image.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A registry that answers every request alike, with an error document of the distribution API. */
async function answering(status: number): Promise<string> {
  const errors = [{ code: "UNKNOWN", message: "unknown error", detail: { Err: "no space left on device" } }];
  const server = createServer((_, response) => response.writeHead(status).end(JSON.stringify({ errors })));
  servers.push(server.listen(0, "127.0.0.1"));
  await new Promise((resolve) => server.once("listening", resolve));
  return `registry://127.0.0.1:${(server.address() as AddressInfo).port}/workers`;
}

const blob = Buffer.from("blob");

test.each([
  [500, "unwritable", "unreachable"],
  [507, "unwritable", "unwritable"],
  [502, "unreachable", "unreachable"],
  [503, "unreachable", "unreachable"],
  [429, "unreachable", "unreachable"],
  [403, "denied", "denied"],
  [400, "refused", "refused"],
])("an answer of %i to a write is %s, to a read %s, with the registry's own words", async (status, write, read) => {
  const store = await openImageStore(await answering(status), "acme");
  const message = expect.stringContaining("no space left on device");
  await expect(store.putBlob(digestOf(blob), blob)).rejects.toMatchObject({ kind: write, message });
  await expect(store.tags()).rejects.toMatchObject({ kind: read, message });
});
