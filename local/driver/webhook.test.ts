import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { HookTarget } from "./definition.ts";
import { callWebhook, HookBusy } from "./webhook.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function hookAnswering(listener: RequestListener, timeoutMs = 5_000): Promise<HookTarget> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sync`;
  return { name: "sync", version: "v2", url, connection: {}, timeoutMs, strict: true };
}

const now = new Date("2026-11-21T02:28:00Z");
const call = (hook: HookTarget, signal = new AbortController().signal) =>
  callWebhook(hook, { parent: {} }, { signal, now: () => now });

describe("a hook call", () => {
  it("posts JSON and returns JSON", async () => {
    const hook = await hookAnswering((request, response) => {
      request.pipe(response.writeHead(200, { "content-type": String(request.headers["content-type"]) }));
    });
    expect(await call(hook)).toEqual({ parent: {} });
  });

  it.each([
    [201, "{}", /unsupported status code: 201/],
    [500, "cleanup failed", /sync hook \(version=v2\) failed: unsupported status code: 500 body: cleanup failed/],
    [200, "", /not JSON/],
    [200, "{} trailing", /not JSON/],
    [200, "<html>", /not JSON/],
  ])("fails on %i %j", async (status, body, message) => {
    const hook = await hookAnswering((_request, response) => response.writeHead(status).end(body));
    await expect(call(hook)).rejects.toThrow(message);
  });

  it("fails when no answer comes in time", async () => {
    const hook = await hookAnswering(() => undefined, 20);
    await expect(call(hook)).rejects.toThrow(/no answer within 20 ms/);
  });

  it("fails when nobody listens", async () => {
    await expect(call({ ...(await hookAnswering(() => undefined)), url: "http://127.0.0.1:1/" })).rejects.toThrow(
      /failed: POST/,
    );
  });

  it("ends when the driver closes", async () => {
    const closing = new AbortController();
    const hook = await hookAnswering(() => closing.abort());
    await expect(call(hook, closing.signal)).rejects.toThrow(/aborted/);
  });
});

describe("429", () => {
  async function busy(retryAfter: string | undefined): Promise<HookBusy> {
    const hook = await hookAnswering((_request, response) =>
      response.writeHead(429, retryAfter === undefined ? {} : { "retry-after": retryAfter }).end("slow down"),
    );
    const error = await call(hook).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(HookBusy);
    return error as HookBusy;
  }

  it.each([
    ["2", 2_000],
    ["Sat, 21 Nov 2026 02:28:03 GMT", 3_000],
  ])("waits as Retry-After %s says", async (retryAfter, ms) => {
    expect(await busy(retryAfter)).toMatchObject({ retryAfterMs: ms, warning: undefined });
  });

  it.each([undefined, "0", "1.5", "soon"])("waits a second and warns when Retry-After is %s", async (retryAfter) => {
    const error = await busy(retryAfter);
    expect(error.retryAfterMs).toBe(1_000);
    expect(error.warning).toMatch(/429/);
  });
});
