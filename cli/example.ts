/** Deploys examples/hello with the real wrangler, as a user would. */

import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { WorkerAccount } from "../api/workers/worker-account.ts";
import { type Cache, cache } from "../kubernetes/cache.ts";
import type { Platform } from "../local/platform/start.ts";

const example = "hello";
const root = join(import.meta.dirname, "..");
const exampleFolder = join(root, "examples", example);
const wrangler = join(root, "node_modules", "wrangler", "bin", "wrangler.js");
const answerTimeoutMs = 60_000;
const run = promisify(execFile);

export interface ExampleOutcome {
  /** Where it answers. */
  url?: string;
  /** Why it was not deployed. */
  why?: string;
}

/** Deploys the example once in the life of a data folder, and waits for its answer where it is there. */
export async function deployExample(
  platform: Platform,
  signal: AbortSignal,
  onProgress: (what: string) => void,
): Promise<ExampleOutcome> {
  const { exampleMark, wranglerEnv } = platform.folder;
  const accounts = cache(platform.client, WorkerAccount);
  try {
    await accounts.ready;
    const isThere = accounts.list().some((account) => scriptOf(account) !== undefined);
    if (!isThere && existsSync(exampleMark)) return { why: "it was deployed before and deleted since" };
    if (!isThere && !existsSync(wranglerEnv)) return { why: "the first account and its token are gone" };
    if (!isThere) {
      onProgress("the hello example (wrangler deploy)");
      await wranglerDeploy(platform, signal);
    }
    writeFileSync(exampleMark, "The example was deployed. Without this file it is deployed again.\n");
    onProgress("the hello example (waiting for its answer)");
    return { url: await untilServed(platform, accounts, signal) };
  } finally {
    accounts.close();
  }
}

/** Resolves with its URL once it answers. */
async function untilServed(
  { routerPort }: Platform,
  accounts: Cache<WorkerAccount>,
  signal: AbortSignal,
): Promise<string> {
  const found = await accounts.waitFor(
    ({ list }) =>
      list()
        .map(scriptOf)
        .find((script) => script?.reason === "Serving"),
    { timeoutMs: answerTimeoutMs, signal, what: `the example ${example} to be served` },
  );
  const host = found.host ?? "";
  await untilAnswered(routerPort, host, signal);
  return `http://${host}:${routerPort}`;
}

function scriptOf(account: WorkerAccount) {
  return account.status?.scripts?.find(({ name }) => name === example);
}

async function wranglerDeploy({ folder }: Platform, signal: AbortSignal): Promise<void> {
  const project = mkdtempSync(join(tmpdir(), "octoplane-hello-"));
  try {
    cpSync(exampleFolder, project, { recursive: true });
    cpSync(folder.wranglerEnv, join(project, ".env"));
    const env = { ...process.env, WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true", CI: "true" };
    await run(process.execPath, [wrangler, "deploy"], { cwd: project, env, signal });
  } catch (error) {
    const { stdout = "", stderr = "", message } = error as Error & { stdout?: string; stderr?: string };
    throw new Error(`wrangler could not deploy the example:\n${`${stdout}${stderr}` || message}`, { cause: error });
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

/** Asks the router for the host: Node may not resolve `*.localhost`, so the Host header says it. */
async function untilAnswered(port: number, host: string, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + answerTimeoutMs;
  while ((await statusOf(port, host, signal)) !== 200) {
    if (Date.now() > deadline) throw new Error(`http://${host}:${port} does not answer in time`);
    await delay(20, undefined, { signal });
  }
}

function statusOf(port: number, host: string, signal: AbortSignal): Promise<number | undefined> {
  return new Promise((resolve) => {
    request({ host: "127.0.0.1", port, headers: { host }, signal }, (response) => {
      response.resume().on("close", () => resolve(response.statusCode));
    })
      .on("error", () => resolve(undefined))
      .end();
  });
}
