import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Namespace, Secret } from "../../api/builtin.ts";
import { hashToken } from "../../api/workers/token.ts";
import { WorkerAccount } from "../../api/workers/worker-account.ts";
import { ready } from "../../test/workers-api/hooks.ts";
import { accountId, addToken, createAccount, soon, startWorld, type World } from "../../test/workers-api/world.ts";

const otherId = "fedcba9876543210fedcba9876543210";

let world: World;
let otherToken: string;
beforeAll(async () => {
  world = await startWorld();
  await world.client.create(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: "elsewhere" } });
  otherToken = await createAccount(world.client, otherId, "elsewhere");
  await untilKnown(otherToken);
});
afterAll(() => world.close());

function withToken(token: string, path: string) {
  return world.call("GET", path, undefined, { Authorization: `Bearer ${token}` });
}

/** The API sees a new token a moment after it was stored. */
async function untilKnown(token: string): Promise<void> {
  await vi.waitFor(async () => expect(await withToken(token, "/user")).toMatchObject({ status: 200 }), {
    interval: 10,
  });
}

test("a token's own account is there, by name and with its page", async () => {
  expect(await world.call("GET", "/accounts?page=1")).toMatchObject({
    status: 200,
    result: [{ id: accountId, name: "Acme" }],
    info: { page: 1, count: 1, total_count: 1, total_pages: 1 },
  });
  expect(await world.call("GET", "/accounts?page=2")).toMatchObject({ result: [], info: { page: 2, count: 0 } });
  expect(await world.call("GET", "/memberships")).toMatchObject({ result: [{ account: { id: accountId } }] });
  expect(await world.call("GET", "~")).toMatchObject({ result: { id: accountId } });
  expect(await world.call("GET", "/user/tokens/verify")).toMatchObject({ result: { status: "active" } });
  expect(await withToken(otherToken, "/accounts")).toMatchObject({ result: [{ id: otherId }] });
});

describe("refuses with code 10000", () => {
  test.each([
    ["an unknown token", { Authorization: "Bearer nobody" }, "the API token is not known here"],
    ["the hash in place of the token", { Authorization: "hash" }, "has no API token"],
    ["no token", { Authorization: "" }, "has no API token"],
    ["an API key", { "X-Auth-Key": "k", "X-Auth-Email": "e" }, "unset CLOUDFLARE_API_KEY"],
  ])("%s", async (_case, headers, message) => {
    const answer = await world.call("GET", "~/workers/scripts", undefined, headers);
    expect(answer).toMatchObject({ status: 403, result: null, errors: [{ code: 10000 }] });
    expect(answer.errors[0]?.message).toContain(message);
  });

  test.each([otherId, "unknown", "..", "%2e%2e", "a%2Fb"])("account %s, which is not the token's", async (id) => {
    const answer = await world.call("GET", `/accounts/${id}/workers/subdomain`);
    expect(answer.errors[0]?.code).toBeOneOf([10000, 7003]);
    expect(answer.status).toBeOneOf([403, 404]);
  });

  test("the hash itself as a token", async () => {
    expect(await withToken(hashToken(world.token), "/user")).toMatchObject({ status: 403 });
  });
});

test("an account that its hook refused, or has not seen yet, has no tokens that work", async () => {
  // What holds its names says its subdomain; what waits for them, or lost them, does not, whatever else it says.
  const status = (reason: string, subdomain: string | null) => ({
    status: { subdomain, conditions: [{ ...ready, status: "False" as const, reason }] },
  });
  const key = { namespace: "elsewhere", name: otherId };
  const accounts = () => withToken(otherToken, "/accounts").then(({ result }) => result.length);
  for (const reason of ["Conflict", "NamespaceNotEnabled", "Claiming", "ChildMissing"]) {
    await world.client.mergePatch(WorkerAccount, key, status(reason, null), { subresource: "status" });
    await expect.poll(accounts, soon).toBe(0);
    expect(await withToken(otherToken, `/accounts/${otherId}/workers/scripts`)).toMatchObject({ status: 403 });
  }
  await world.client.mergePatch(WorkerAccount, key, status("Building", "other"), { subresource: "status" });
  await expect.poll(accounts, soon).toBe(1);
});

test("a Secret in another namespace opens nothing", async () => {
  const token = await addToken(world.client, accountId, "elsewhere", "thief");
  await untilKnown(token);
  expect(await withToken(token, "/accounts")).toMatchObject({ status: 200, result: [] });
  expect(await withToken(token, `/accounts/${accountId}/workers/scripts`)).toMatchObject({ status: 403 });
});

test("a removed token stops working", async () => {
  const token = await addToken(world.client, accountId, "default", "short");
  await untilKnown(token);
  await world.client.delete(Secret, { namespace: "default", name: `tokens-${accountId.slice(0, 8)}-short` });
  await expect.poll(async () => (await withToken(token, "/user")).status, soon).toBe(403);
});

test("what the API does not know is refused by method and path", async () => {
  const path = `/client/v4/accounts/${accountId}/workers/scripts/a/magic`;
  expect(await world.call("POST", "~/workers/scripts/a/magic", {})).toMatchObject({
    status: 404,
    errors: [{ code: 7003, message: expect.stringContaining(`POST ${path}`) }],
  });
});

test("metrics have no account and no token in them", async () => {
  const text = await (await fetch(`${world.adminUrl}/metrics`)).text();
  expect(text).toContain('route="/accounts/:account/workers/scripts"');
  expect(text).not.toContain(accountId);
  expect((await fetch(`${world.adminUrl}/readyz`)).status).toBe(200);
});
