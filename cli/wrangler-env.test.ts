import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { createAccount, deleteAccount, findAccount } from "./accounts.ts";
import { startCluster, type TestCluster, temporaryFolder } from "./test-command.ts";
import { revokeTokens } from "./tokens.ts";
import { dropDeadSettings, rewriteApiUrl, writeSettings } from "./wrangler-env.ts";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.close());

const url = "http://127.0.0.1:8081/client/v4";

async function settingsOf(name: string) {
  const { path, remove } = temporaryFolder();
  onTestFinished(remove);
  const file = { wranglerEnv: join(path, "wrangler.env") };
  const account = await createAccount(cluster.client, name, "team-a");
  writeSettings(file, url, account);
  return { file, account };
}

test("the file may be appended to another whose last line has no end", async () => {
  const { file, account } = await settingsOf("appended");
  const env = join(file.wranglerEnv, "..", ".env");
  writeFileSync(env, "MINE=1");
  appendFileSync(env, readFileSync(file.wranglerEnv));
  expect(parseEnv(readFileSync(env, "utf8"))).toEqual({
    MINE: "1",
    CLOUDFLARE_API_BASE_URL: url,
    CLOUDFLARE_API_TOKEN: account.token,
    CLOUDFLARE_ACCOUNT_ID: account.id,
  });
  expect(statSync(file.wranglerEnv).mode & 0o777).toBe(0o600);
});

test("another port changes the URL and nothing else", async () => {
  const { file } = await settingsOf("moved");
  const before = readFileSync(file.wranglerEnv, "utf8");
  rewriteApiUrl(file, "http://127.0.0.1:9/client/v4");
  expect(readFileSync(file.wranglerEnv, "utf8")).toBe(before.replace(":8081", ":9"));
});

test("the file goes when its token is revoked, or its account deleted, and not before", async () => {
  const { client } = cluster;
  const revoked = await settingsOf("revoked");
  expect(await dropDeadSettings(client, revoked.file)).toBe(false);
  await revokeTokens(client, await findAccount(client, "revoked"), revoked.account.tokenName);
  expect(await dropDeadSettings(client, revoked.file)).toBe(true);
  expect(existsSync(revoked.file.wranglerEnv)).toBe(false);

  const deleted = await settingsOf("deleted");
  await deleteAccount(client, await findAccount(client, "deleted"));
  expect(await dropDeadSettings(client, deleted.file)).toBe(true);
  expect(await dropDeadSettings(client, deleted.file)).toBe(false);
});
