/** Ten deploys in a row under a client that never stops asking: nothing fails, nothing goes back. */

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

/** Asks one after the other, never faster than the machine can bear, until told to stop. */
function client() {
  const seen: number[] = [];
  const failed: string[] = [];
  const agent = keepAliveAgent();
  let isStopped = false;
  const loop = (async () => {
    while (!isStopped && seen.length < 100_000) {
      const { status, text } = await world
        .ask("counter", { agent })
        .catch((error: Error) => ({ status: 0, text: error.message }));
      if (status === 200) seen.push(Number(text));
      else failed.push(`${status} ${text}`);
    }
    agent.destroy();
  })();
  return {
    seen,
    failed,
    last: () => seen.at(-1),
    stop: async () => {
      isStopped = true;
      await loop;
    },
  };
}

test("ten deploys drop no request and show every version in order", async () => {
  const project = world.project(version(0));
  expect(await project.wrangler(["deploy"])).toMatchObject({ code: 0 });

  const asking = client();
  for (let number = 1; number <= 10; number += 1) {
    project.write(version(number));
    expect(await project.wrangler(["deploy"])).toMatchObject({ code: 0 });
    // Success means that the new version serves, so whatever is asked from now on is answered by it.
    expect(await world.ask("counter")).toMatchObject({ status: 200, text: String(number) });
  }
  await asking.stop();

  expect(asking.failed).toEqual([]);
  expect(asking.seen).toEqual(asking.seen.toSorted((a, b) => a - b));
  expect([...new Set(asking.seen)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
}, 180_000);
