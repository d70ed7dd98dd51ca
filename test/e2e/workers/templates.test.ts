/** Projects that nobody here wrote work unchanged, apart from `.env`: templates of create-cloudflare. */

import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startWorld, type World } from "../harness/world.ts";

const templates = join(import.meta.dirname, "..", "..", "..", "node_modules", "create-cloudflare", "templates");

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

/** Fills in what create-cloudflare itself fills in: the name and a date. */
async function deploy(template: string, name: string): Promise<void> {
  const project = world.projectFrom(join(templates, template));
  const config = project.read("wrangler.jsonc");
  project.write({
    "wrangler.jsonc": config.replaceAll("<WORKER_NAME>", name).replaceAll("<COMPATIBILITY_DATE>", "2026-04-01"),
  });
  expect(await project.wrangler(["deploy"]), template).toMatchObject({ code: 0 });
}

test("hello-world in TypeScript", async () => {
  await deploy("hello-world/ts", "hello-world");
  expect(await world.ask("hello-world")).toMatchObject({ status: 200, text: "Hello World!" });
});

test("openapi in TypeScript: chanfana, Hono and zod", async () => {
  await deploy("openapi/ts", "openapi");
  const { status, text } = await world.ask("openapi", { path: "/openapi.json" });
  expect(status).toBe(200);
  expect(Object.keys(JSON.parse(text).paths)).toContain("/api/tasks");
  expect(await world.ask("openapi", { path: "/api/tasks?page=0" })).toMatchObject({ status: 200 });
});
