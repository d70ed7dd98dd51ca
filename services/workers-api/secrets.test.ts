import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Secret } from "../../api/builtin.ts";
import { WorkerVersion } from "../../api/workers/worker-version.ts";
import { answering, scriptsOf } from "../../test/workers-api/scripts.ts";
import { accountId, startWorld, upload, type World } from "../../test/workers-api/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

const { put, post, deploy, deploymentsOf, secretValues } = scriptsOf(() => world);

async function bindingsOf(script: string): Promise<string[]> {
  const { result } = await world.call("GET", `~/workers/scripts/${script}/settings`);
  return result.bindings.map(({ type, name }: { type: string; name: string }) => `${type} ${name}`);
}

test("an upload that lists its secrets replaces them: wrangler 4.86 removes one so", async () => {
  const secrets = ["S", "T"].map((name) => ({ type: "secret_text", name, text: name }));
  const { result } = await put("lister", "a", { bindings: secrets });
  const content = await fetch(`${world.url}/client/v4/accounts/${accountId}/workers/scripts/lister/content/v2`, {
    headers: { Authorization: `Bearer ${world.token}` },
  });
  expect(content.headers.get("cf-entrypoint")).toBe("index.js");
  const main = (await content.formData()).get("index.js") as File;
  expect([main.type, await main.text()]).toEqual(["application/javascript+module", answering("a")[0]?.content]);

  const metadata = { bindings: [{ type: "inherit", name: "T" }], keep_bindings: ["secret_key"], keep_assets: true };
  const { result: next } = await post("lister", "a", metadata);
  expect(next.id).not.toBe(result.deployment_id);
  expect(await secretValues(next.id)).toEqual({ T: "T" });
});

describe("secrets", () => {
  test("a changed value is a new version of the same code", async () => {
    await put("secretive", "a", { bindings: [{ type: "secret_text", name: "S", text: "1" }] });
    expect(
      await world.call("PUT", "~/workers/scripts/secretive/secrets", { name: "S", text: "2", type: "secret_text" }),
    ).toMatchObject({
      status: 200,
      result: { name: "S", type: "secret_text" },
    });
    const [newest, oldest] = await deploymentsOf("secretive");
    expect(newest.annotations).toEqual({ "workers/triggered_by": "secret" });
    const versions = await Promise.all(
      [newest, oldest].map(({ versions: [{ version_id: name }] }) =>
        world.client.get(WorkerVersion, { namespace: "default", name }),
      ),
    );
    expect(versions[0]?.spec.url).toBe(versions[1]?.spec.url);
    expect(await secretValues(newest.versions[0].version_id)).toEqual({ S: "2" });
  });

  test("a new name describes other code, whose modules are there", async () => {
    await world.call("PUT", "~/workers/scripts/secretive/secrets", { name: "T", text: "x" });
    const [{ versions }] = await deploymentsOf("secretive");
    const version = await world.client.get(WorkerVersion, { namespace: "default", name: versions[0].version_id });
    expect(Buffer.from((await world.blobs.get(`${version?.spec.url}/m0`)) ?? []).toString()).toBe(
      answering("a")[0]?.content,
    );
    expect(
      JSON.parse(Buffer.from((await world.blobs.get(`${version?.spec.url}/worker.json`)) ?? []).toString()).bindings,
    ).toEqual([
      { type: "secret_text", name: "S" },
      { type: "secret_text", name: "T" },
    ]);
    expect(await secretValues(versions[0].version_id)).toEqual({ S: "2", T: "x" });
  });

  test("bulk sets and removes, a deletion removes", async () => {
    const change = { secrets: { S: null, U: { name: "U", text: "u", type: "secret_text" } } };
    expect((await world.call("PATCH", "~/workers/scripts/secretive/secrets-bulk", change)).result).toEqual([
      { name: "T", type: "secret_text" },
      { name: "U", type: "secret_text" },
    ]);
    expect(await world.call("DELETE", "~/workers/scripts/secretive/secrets/T?url_encoded=true")).toMatchObject({
      status: 200,
    });
    expect((await world.call("GET", "~/workers/scripts/secretive/secrets")).result).toEqual([
      { name: "U", type: "secret_text" },
    ]);
    expect(await world.call("DELETE", "~/workers/scripts/secretive/secrets/T")).toMatchObject({
      status: 404,
      errors: [{ code: 10056 }],
    });
  });

  test("the older bulk lists every binding: bare ones stay, those that are missing go", async () => {
    await put("listed", "a", {
      bindings: [
        { type: "plain_text", name: "A", text: "1" },
        { type: "secret_text", name: "S", text: "s" },
      ],
    });
    const bindings = [
      { type: "plain_text", name: "A" },
      { type: "secret_text", name: "N", text: "n" },
      { type: "secret_text", name: "S" },
    ];
    const answer = await world.call("PATCH", "~/workers/scripts/listed/settings", upload({ bindings }, [], "settings"));
    expect(answer).toMatchObject({ status: 200 });
    expect(await bindingsOf("listed")).toEqual(["plain_text A", "secret_text N", "secret_text S"]);
    const [{ versions }] = await deploymentsOf("listed");
    expect(await secretValues(versions[0].version_id)).toEqual({ N: "n", S: "s" });
  });

  test("they are not changed while another version is the latest", async () => {
    await post("secretive", "undeployed");
    expect(await world.call("PUT", "~/workers/scripts/secretive/secrets", { name: "S", text: "3" })).toMatchObject({
      status: 400,
      errors: [{ code: 10215 }],
    });
    const latest = await world.call("PATCH", "~/workers/workers/secretive/versions/latest", {
      env: { V: { type: "secret_text", text: "v" } },
    });
    expect(await secretValues(latest.result.id)).toEqual({ U: "u", V: "v" });
  });

  test.each([
    [{ name: "A-B", text: "x" }, 'secret "A-B".name must match pattern'],
    [{ name: "A" }, "text is required"],
    [{ name: "A", text: "x".repeat(5121) }, "text must NOT have more than 5120 characters"],
  ])("%j is refused", async (body, message) => {
    await put("strict");
    const answer = await world.call("PUT", "~/workers/scripts/strict/secrets", body);
    expect(answer.status).toBe(400);
    expect(answer.errors[0]?.message).toContain(message);
  });

  test("a version whose Secret never came is passed over, unless it is deployed", async () => {
    const secret = { bindings: [{ type: "secret_text", name: "S", text: "1" }] };
    const whole = await put("halved", "a", secret);
    const half = await post("halved", "b", { bindings: [{ type: "secret_text", name: "S", text: "2" }] });
    await world.client.delete(Secret, { namespace: "default", name: `worker-${half.result.id}` });
    expect(await deploy("halved", half.result.id)).toMatchObject({ status: 409, errors: [{ code: 12009 }] });
    const next = await post("halved", "c");
    expect(await secretValues(next.result.id)).toEqual({ S: "1" });

    await world.client.delete(Secret, { namespace: "default", name: `worker-${next.result.id}` });
    await world.client.delete(Secret, { namespace: "default", name: `worker-${whole.result.deployment_id}` });
    expect(await put("halved", "d")).toMatchObject({ status: 409, errors: [{ code: 12009 }] });
  });
});
