import { afterAll, beforeAll, expect, test } from "vitest";
import { WorkerDeployment } from "../../api/workers/worker-deployment.ts";
import { scriptsOf } from "../../test/workers-api/scripts.ts";
import { accountId, startWorld, upload, type World } from "../../test/workers-api/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

const { put, post } = scriptsOf(() => world);
const to = (service: string, name = "API") => ({ bindings: [{ type: "service", name, service }] });

const refusal = {
  status: 400,
  errors: [
    {
      code: 10143,
      message: expect.stringContaining("could not resolve service binding 'API': this account has no Worker 'nobody'"),
    },
  ],
};

test("a binding to a Worker that is not there is refused, and nothing is stored", async () => {
  expect(await put("lonely", "a", to("nobody"))).toMatchObject(refusal);
  expect((await world.client.list(WorkerDeployment)).items).toEqual([]);
  for await (const { key } of world.blobs.list("accounts/")) expect(key).toBe("nothing");
  await put("lonely");
  expect(await post("lonely", "b", to("nobody"))).toMatchObject(refusal);
});

test("a Worker may be bound to itself from its first deploy on", async () => {
  expect(await put("self", "a", to("self"))).toMatchObject({ status: 200 });
});

test("two that need each other: one goes first without its binding", async () => {
  expect((await put("ping", "a", to("pong"))).status).toBe(400);
  expect(await put("ping")).toMatchObject({ status: 200 });
  expect(await put("pong", "a", to("ping"))).toMatchObject({ status: 200 });
  expect(await put("ping", "b", to("pong"))).toMatchObject({ status: 200 });
});

test("a binding that was there before its target went stays, whatever else is changed", async () => {
  await put("target");
  await put("caller", "a", to("target"));
  await world.call("DELETE", "~/workers/services/target?force=true");
  expect(await world.call("PUT", "~/workers/scripts/caller/secrets", { name: "S", text: "s" })).toMatchObject({
    status: 200,
  });
  const bindings = [{ type: "inherit", name: "API" }];
  expect(await put("caller", "b", { bindings })).toMatchObject({ status: 200 });
  expect((await put("caller", "c", to("target"))).status).toBe(400);
});

test("bindings that wrangler up to 4.86 lists again with its secrets are looked at, too", async () => {
  await put("listed");
  const form = upload({ bindings: [{ type: "service", name: "API", service: "nobody" }] }, [], "settings");
  expect(await world.call("PATCH", "~/workers/scripts/listed/settings", form)).toMatchObject(refusal);
});

test("a Worker that kubectl manages is a target, one that was never deployed is none", async () => {
  const create = (name: string, spec: object) =>
    world.client.create(WorkerDeployment, {
      apiVersion: "api.cf-worker/v1",
      kind: "WorkerDeployment",
      metadata: { name, namespace: "default", labels: { accounts: accountId } },
      spec,
    } as WorkerDeployment);
  await create("by-hand", {
    accounts: accountId,
    template: { scriptName: "by-hand", secretRef: "s", compatibilityDate: "2026-01-01", scriptsUrls: ["a.js"] },
  });
  await create("place", { scriptName: "place" });
  expect(await put("caller-2", "a", to("by-hand"))).toMatchObject({ status: 200 });
  expect((await put("caller-3", "a", to("place"))).status).toBe(400);
});
