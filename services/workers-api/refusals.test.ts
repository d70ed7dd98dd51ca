import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { moduleUpload, startWorld, type World } from "../../test/workers-api/world.ts";
import { features } from "./features.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await world.call("PUT", "~/workers/scripts/a", moduleUpload());
});
afterAll(() => world.close());

describe("what the platform has not is refused by name", () => {
  test.each<[method: string, path: string, message: string]>([
    ["PUT", "~/workers/scripts/a/schedules", "cron triggers are not supported by this platform; what was deployed"],
    ["PUT", "~/workers/scripts/a/routes", "routes and custom domains are not supported by this platform; what was"],
    ["POST", "~/workers/scripts/a/domains/changeset?replace_state=true", "routes and custom domains are not"],
    ["PUT", "~/workers/scripts/a/domains/records", "routes and custom domains are not"],
    ["GET", "/zones?name=example.com", "routes and custom domains are not"],
    ["GET", "/zones/0123/workers/routes", "routes and custom domains are not"],
    ["POST", "~/workers/scripts/a/tails", "live logs (wrangler tail) are not supported by this platform"],
    ["POST", "~/workers/scripts/a/assets-upload-session", "static assets are not"],
    ["POST", "~/workers/assets/upload?base64=true", "static assets are not"],
    ["GET", "~/queues?name=q&page=1", "Queues are not"],
    ["POST", "~/queues/0123/consumers", "Queues are not"],
    ["POST", "~/storage/kv/namespaces", "KV namespaces are not"],
    ["PUT", "~/storage/kv/namespaces/0123/values/a%2Fb", "KV namespaces are not"],
    ["GET", "~/r2/buckets/b", "R2 buckets are not"],
    ["GET", "~/d1/database/d", "D1 databases are not"],
    ["PUT", "~/workflows/w", "Workflows are not"],
  ])("%s %s", async (method, path, message) => {
    const body = method === "GET" ? undefined : [{ cron: "* * * * *" }];
    expect(await world.call(method, path, body)).toMatchObject({
      status: 400,
      result: null,
      errors: [{ code: 12005, message: expect.stringContaining(message) }],
    });
  });

  test.each(features.flatMap(({ what, bindings = [] }) => bindings.map((type) => [type, what])))(
    "a binding of type %s",
    async (type, what) => {
      const form = moduleUpload({ bindings: [{ type, name: "B" }] });
      expect(await world.call("PUT", "~/workers/scripts/refused", form)).toMatchObject({
        errors: [{ code: 12005, message: `metadata.bindings[0] (B): ${what} not supported by this platform` }],
      });
    },
  );
});

test("no cron triggers are what every Worker has", async () => {
  const none = { status: 200, result: { schedules: [] } };
  expect(await world.call("GET", "~/workers/scripts/a/schedules")).toMatchObject(none);
  expect(await world.call("PUT", "~/workers/scripts/a/schedules", [])).toMatchObject(none);
  expect(await world.call("PUT", "~/workers/scripts/b/schedules", [])).toMatchObject({ errors: [{ code: 10007 }] });
});

test("what wrangler delete asks for is answered, although there is none of it", async () => {
  for (const path of ["storage/kv/namespaces", "workers/durable_objects/namespaces", "workers/tails/by-consumer/a"]) {
    expect(await world.call("GET", `~/${path}`)).toMatchObject({ status: 200, result: [] });
  }
});

test("whoever is not the account's hears nothing of it", async () => {
  const stranger = { Authorization: "Bearer nobody" };
  expect(await world.call("GET", "~/queues", undefined, stranger)).toMatchObject({ status: 403 });
  expect(await world.call("GET", "/accounts/another/queues")).toMatchObject({ errors: [{ code: 10000 }] });
  expect(await world.call("GET", "/zones", undefined, stranger)).toMatchObject({ status: 403 });
});
