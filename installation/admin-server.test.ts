import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { Gauge, Registry } from "prom-client";
import { expect, onTestFinished, test } from "vitest";
import { adminServer } from "./admin-server.ts";

test("a metric that cannot be collected is told, and the server goes on", async () => {
  const registry = new Registry();
  const collect = () => Promise.reject(new Error("no such counter"));
  new Gauge({ name: "broken", help: "Never known", registers: [registry], collect });
  const server = adminServer(registry, () => true).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const metrics = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(2_000) });
  expect(metrics.status).toBe(500);
  expect(await metrics.text()).toBe("no such counter\n");
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
});
