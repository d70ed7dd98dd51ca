/** `octoplane up`: the whole platform in this process, with a first account and perhaps an example. */

import { existsSync } from "node:fs";
import { FolderInUse, type Platform, startPlatform } from "../local/platform/start.ts";
import { createAccount, listAccounts } from "./accounts.ts";
import { deployExample, type ExampleOutcome } from "./example.ts";
import { hint } from "./invocation.ts";
import { print, styled } from "./output.ts";
import type { Progress } from "./progress.ts";
import { dataDirFlags } from "./target/flags.ts";
import { dropDeadSettings, rewriteApiUrl, writeSettings } from "./wrangler-env.ts";

export interface ServeOptions {
  dataDir: string;
  port?: number;
  example?: true;
}

const farmExample = "examples/buildbarn/minimal.yaml";
const firstAccount = "dev";
const firstNamespace = "default";

/** Resolves when `stopped` was aborted and nothing is left running. */
export async function serve({ dataDir, port, example }: ServeOptions, stopped: AbortSignal, line: Progress) {
  const platform = await startPlatform({ dataDir, port, onProgress: line.step }).catch((error: unknown) => {
    throw explained(error, dataDir);
  });
  try {
    await ensureFirstAccount(platform);
    const outcome = example ? await deployExample(platform, stopped, line.step) : undefined;
    line.done("the platform is running");
    explain(platform, outcome);
    await untilAborted(stopped);
  } catch (error) {
    if (!stopped.aborted) throw error;
  } finally {
    print("stopping ...");
    await platform.close();
  }
}

function explained(error: unknown, dataDir: string): unknown {
  if (error instanceof FolderInUse)
    return new Error(`${error.message}; end it with: ${hint(`down${dataDirFlags(dataDir)}`)}`, { cause: error });
  return error;
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** The first account comes by itself; its settings for wrangler follow the ports. */
async function ensureFirstAccount({ client, folder, apiBaseUrl }: Platform): Promise<void> {
  if ((await listAccounts(client)).length === 0) {
    writeSettings(folder, apiBaseUrl, await createAccount(client, firstAccount, firstNamespace));
    return;
  }
  await dropDeadSettings(client, folder);
  if (existsSync(folder.wranglerEnv)) rewriteApiUrl(folder, apiBaseUrl);
}

function exampleRow(outcome: ExampleOutcome | undefined): [string, string][] {
  if (outcome === undefined) return [];
  if (outcome.url !== undefined) return [["hello answers at", styled(["bold", "cyan"], outcome.url)]];
  return [["hello", `not deployed: ${outcome.why}`]];
}

function settingsRow({ path, wranglerEnv }: Platform["folder"]): string {
  if (!existsSync(wranglerEnv)) return `${hint(`account token NAME${dataDirFlags(path)}`)}   (prints them)`;
  return `${wranglerEnv}   (append it to a project's .env, then: npx wrangler deploy)`;
}

function explain({ folder, routerPort, movedPorts }: Platform, example: ExampleOutcome | undefined): void {
  const rows: [string, string][] = [
    ...exampleRow(example),
    ["scripts answer at", `http://<script>.<account>.localhost:${routerPort}`],
    ["wrangler settings", settingsRow(folder)],
    ["kubeconfig", `${folder.kubeconfig}   (kubectl --kubeconfig ... get octoplane)`],
    ["a Buildbarn farm", `kubectl --kubeconfig ${folder.kubeconfig} apply -f ${farmExample}`],
    ["", `(its pods wait for a cluster; its configuration: ${hint(`buildbarn config${dataDirFlags(folder.path)}`)})`],
    ["what runs", hint(`status${dataDirFlags(folder.path)}`)],
    ["to end", "Ctrl-C"],
  ];
  print();
  for (const { what, from, to } of movedPorts) {
    const name = { router: "router", api: "Workers API", kubernetes: "Kubernetes-style API" }[what];
    const why = `port ${from} is taken by another program`;
    print(`  ${styled("yellow", `${why}: the ${name} is on ${to} this time`)}`);
  }
  for (const [what, value] of rows) print(`  ${styled("dim", what.padEnd(18))} ${value}`);
  print();
}
