/** Ten deploys in a row under a client that never stops asking. */

import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { keepAliveAgent } from "../harness/http.ts";
import { startWorld, type World } from "../harness/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

function version(number: number): Record<string, string> {
  return {
    "wrangler.jsonc": JSON.stringify({ name: "counter", main: "index.js", compatibility_date: "2026-01-01" }),
    "index.js": `export default { fetch() { return new Response("${number}"); } };`,
  };
}

interface Seen {
  version: number;
  /** What had been reported as deployed when it was asked. */
  deployed: number;
}

/** Often enough to meet every moment of a switch, and no more than a small machine has to spare. */
const pauseMs = 3;

/** Asks one after the other until told to stop. */
function client() {
  const seen: Seen[] = [];
  const failed: string[] = [];
  const agent = keepAliveAgent();
  let deployed = 0;
  let isStopped = false;
  const loop = (async () => {
    while (!isStopped && seen.length < 100_000) {
      const asked = deployed;
      const { status, text } = await world
        .ask("counter", { agent })
        .catch((error: Error) => ({ status: 0, text: error.message }));
      if (status === 200) seen.push({ version: Number(text), deployed: asked });
      else failed.push(`${status} ${text}`);
      await delay(pauseMs);
    }
    agent.destroy();
  })();
  return {
    seen,
    failed,
    reported: (version: number) => {
      deployed = version;
    },
    stop: async () => {
      isStopped = true;
      await loop;
    },
  };
}

test("ten deploys drop no request, and nothing old answers once a deploy is reported", async () => {
  const project = world.project(version(0));
  expect(await project.wrangler(["deploy"])).toMatchObject({ code: 0 });

  const asking = client();
  for (let number = 1; number <= 10; number += 1) {
    project.write(version(number));
    expect(await project.wrangler(["deploy"])).toMatchObject({ code: 0 });
    asking.reported(number);
    expect(await world.ask("counter")).toMatchObject({ status: 200, text: String(number) });
  }
  await asking.stop();

  expect(asking.failed).toEqual([]);
  expect(asking.seen.filter(({ version, deployed }) => version < deployed)).toEqual([]);
  expect([...new Set(asking.seen.map(({ version }) => version))].sort((a, b) => a - b)).toEqual([
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
  ]);
}, 600_000);
