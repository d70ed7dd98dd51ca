/**
 * Stands in for the programs of Buildbarn where their images cannot be had: bb_storage, bb_scheduler, bb_worker,
 * bb_runner and bb_browser, and without an argument for the installer that brings bb_runner along. As the real ones it
 * gets the path of its configuration, refuses what it does not know, listens where it says, and answers for its health.
 *
 * Told to stop, a worker finishes its action, which takes as many seconds as STAND_IN_ACTION_SECONDS in the environment
 * of the pool's actions says. What went wrong in between is the program's last word: shards that went away while it
 * used them, and a runner that ended before its worker.
 */

import { accessSync, constants, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { type Config, readConfig, textsOf, valuesOf } from "./config.ts";
import { install } from "./installer.ts";
import { connectRunner, watchShards } from "./peers.ts";
import { type Health, listen } from "./servers.ts";

/** Kubernetes shows it in the pod's status. */
const lastWords = "/dev/termination-log";

function say(what: string): void {
  console.error(what);
  try {
    writeFileSync(lastWords, `${what}\n`, { flag: "a" });
  } catch {
    // not in a pod
  }
}

function fail(error: unknown): never {
  say((error as Error).message);
  process.exit(1);
}

function actionSeconds({ value }: Config): number {
  const [seconds = 0] = textsOf("STAND_IN_ACTION_SECONDS", value);
  return Number(seconds);
}

/** Those of a store that survives a restart; somebody else makes them. */
function checkFolders({ value }: Config): void {
  const folders = [...textsOf("stateDirectoryPath", value), ...valuesOf("cacheDirectoryPath", value).map(String)];
  for (const folder of folders) accessSync(folder, constants.W_OK);
}

async function run(path: string): Promise<void> {
  const config = readConfig(path, process.env);
  checkFolders(config);
  const health: Health = { isHealthy: false };
  await listen(config, health);
  watchShards(config, (address, sign) => say(`lost shard ${address}: ${sign}`));
  const runner = await connectRunner(config);
  runner?.once("close", () => fail(new Error("lost the runner")));
  health.isHealthy = true;

  process.once("SIGTERM", async () => {
    await delay(actionSeconds(config) * 1000);
    process.exit(0);
  });
}

const [path] = process.argv.slice(2);
if (path === undefined) install();
else run(path).catch(fail);
