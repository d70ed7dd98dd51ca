/** The first account's settings for wrangler, in the data folder of an embedded platform. */

import { existsSync, readFileSync, rmSync } from "node:fs";
import { parseEnv } from "node:util";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { type DataFolder, writePrivate } from "../local/platform/folder.ts";
import { listAccounts, type NewAccount, wranglerEnv } from "./accounts.ts";
import { isValidToken } from "./tokens.ts";

type Paths = Pick<DataFolder, "wranglerEnv">;

/** Begins with a line of its own, so that it can be appended to any file. */
export function writeSettings({ wranglerEnv: path }: Paths, apiBaseUrl: string, account: NewAccount): void {
  const heading = `# Octoplane, account ${account.name}; this holds a token: keep it out of Git`;
  writePrivate(path, `\n${heading}\n${wranglerEnv(apiBaseUrl, account)}`);
}

/** Ports change; copies of the file in projects have to follow by hand. */
export function rewriteApiUrl({ wranglerEnv: path }: Paths, apiBaseUrl: string): void {
  const before = readFileSync(path, "utf8");
  writePrivate(path, before.replace(/^CLOUDFLARE_API_BASE_URL=.*$/m, `CLOUDFLARE_API_BASE_URL=${apiBaseUrl}`));
}

/** Deletes the file when its token is accepted no more; true when it did. */
export async function dropDeadSettings(client: KubernetesClient, { wranglerEnv: path }: Paths): Promise<boolean> {
  if (!existsSync(path)) return false;
  const { CLOUDFLARE_ACCOUNT_ID: id, CLOUDFLARE_API_TOKEN: token = "" } = parseEnv(readFileSync(path, "utf8"));
  const account = (await listAccounts(client)).find(({ metadata }) => metadata.name === id);
  if (account !== undefined && (await isValidToken(client, account, token))) return false;
  rmSync(path);
  return true;
}
