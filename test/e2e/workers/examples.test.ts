/** Every example is deployed as its README says, and called. */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startWorld, type World } from "../harness/world.ts";

const examples = join(import.meta.dirname, "..", "..", "..", "examples");

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

async function deploy(folder: string) {
  const project = world.projectFrom(join(examples, folder));
  expect(await project.wrangler(["deploy"]), folder).toMatchObject({ code: 0 });
  return project;
}

test("hello answers", async () => {
  await deploy("hello");
  expect(await world.ask("hello", { path: "/Ada" })).toMatchObject({
    status: 200,
    text: expect.stringContaining("Hello, Ada"),
  });
});

test("typescript-modules answers from text, JSON, data and WebAssembly", async () => {
  await deploy("typescript-modules");
  const answers = await Promise.all(
    ["/text", "/json", "/data", "/wasm"].map((path) => world.ask("typescript-modules", { path })),
  );
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(answers[2]?.headers["content-type"]).toBe("image/gif");
  expect(JSON.parse(answers[3]?.text ?? "")).toEqual({ sum: 42 });
});

test("hono routes", async () => {
  await deploy("hono");
  expect(JSON.parse((await world.ask("hono", { path: "/notes/2" })).text)).toEqual({ id: 2, text: "call home" });
  expect((await world.ask("hono", { path: "/notes/9" })).status).toBe(404);
  const echo = { path: "/echo", method: "POST", body: '{"a":1}', headers: { "content-type": "application/json" } };
  expect(await world.ask("hono", echo)).toMatchObject({ status: 201, text: '{"received":{"a":1}}' });
});

test("two workers are joined by a service binding", async () => {
  await deploy("service-binding/back");
  await deploy("service-binding/front");
  expect(await world.ask("front")).toMatchObject({ status: 200, text: expect.stringContaining("front asked back") });
  expect(JSON.parse((await world.ask("front", { path: "/price" })).text)).toEqual({ total: expect.any(Number) });
});

test("the service-worker format answers", async () => {
  await deploy("service-worker");
  expect(await world.ask("service-worker", { path: "/x" })).toMatchObject({
    status: 200,
    text: expect.stringContaining("Hello from the older format: GET /x"),
  });
});

test("variables and secrets reach the code", async () => {
  const project = await deploy("vars-and-secrets");
  expect(JSON.parse((await world.ask("vars-and-secrets", { path: "/vars" })).text)).toMatchObject({ stage: "demo" });
  expect((await world.ask("vars-and-secrets", { path: "/private" })).status).toBe(503);
  expect(await project.wrangler(["secret", "put", "API_KEY"], "sesame")).toMatchObject({ code: 0 });
  const headers = { authorization: "Bearer sesame" };
  expect((await world.ask("vars-and-secrets", { path: "/private", headers })).status).toBe(200);
});

test("nodejs_compat brings Node's modules", async () => {
  await deploy("nodejs-compat");
  const { sha256, events } = JSON.parse((await world.ask("nodejs-compat")).text);
  expect({ sha256, events }).toEqual({ sha256: createHash("sha256").update("octoplane").digest("hex"), events: 2 });
});
