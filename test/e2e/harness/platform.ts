/** A platform of its own for a test file: temporary folder, free ports, nothing left behind. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ScriptStatus, WorkerAccount } from "../../../api/workers/worker-account.ts";
import { createAccount, type NewAccount, wranglerEnv } from "../../../cli/accounts.ts";
import { cache } from "../../../kubernetes/cache.ts";
import { type Platform, startPlatform } from "../../../local/platform/start.ts";
import { type Answer, ask, type Request } from "./http.ts";
import { copyFolder, type Project, project, writeFiles } from "./project.ts";

export interface TestPlatform {
  /** Everything that belongs to it; the data folder is `data` in it. */
  folder: string;
  platform: Platform;
  account: NewAccount;
  /** Asks a script over the router. */
  ask(script: string, request?: Request): Promise<Answer>;
  /** A wrangler project in a temporary folder, with the account's settings in its `.env`. */
  project(files: Record<string, string | Uint8Array>): Project;
  /** A copy of a folder as a wrangler project. */
  projectFrom(folder: string): Project;
  /** Resolves when the account's status says so. */
  waitForScript(script: string, predicate: (status: ScriptStatus | undefined) => boolean): Promise<void>;
  close(): Promise<void>;
}

export async function testPlatform(): Promise<TestPlatform> {
  const folder = mkdtempSync(join(tmpdir(), "octoplane-e2e-"));
  const platform = await startPlatform({ dataDir: join(folder, "data"), port: 0 });
  const account = await createAccount(platform.client, "dev", "default");
  const accounts = cache(platform.client, WorkerAccount);
  await accounts.ready;

  const env = wranglerEnv(platform.apiBaseUrl, account);
  const projectIn = (fill: (path: string) => void) => project(mkdtempSync(join(folder, "project-")), env, fill);
  return {
    folder,
    platform,
    account,
    ask: (script, request) => ask(platform.routerPort, `${script}.${account.name}.localhost`, request),
    project: (files) => projectIn((path) => writeFiles(path, files)),
    projectFrom: (source) => projectIn((path) => copyFolder(source, path)),
    waitForScript: async (script, predicate) => {
      const statusOf = () => accounts.get("default", account.id)?.status?.scripts?.find(({ name }) => name === script);
      await accounts.waitFor(() => predicate(statusOf()), { what: `script ${script}`, timeoutMs: 60_000 });
    },
    close: async () => {
      accounts.close();
      await platform.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
