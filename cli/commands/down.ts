import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Command } from "commander";
import { folderPaths } from "../../local/platform/folder.ts";
import { isRunning } from "../../local/platform/record.ts";
import { print } from "../output.ts";
import { dataDirOf, findRunning, NotRunning, type Running } from "../running.ts";

const patienceMs = 15_000;

export function downCommand(): Command {
  return new Command("down")
    .description("end the platform that runs on the data folder")
    .option("--delete-data", "delete the data folder too: every account, version and secret in it")
    .action(async (options: { deleteData?: true }, command: Command) => {
      const running = await findRunning(command).catch((error: unknown) => {
        if (error instanceof NotRunning && options.deleteData) return undefined;
        throw error;
      });
      if (running !== undefined) await end(running);
      if (!options.deleteData) return;
      const { path } = folderPaths(dataDirOf(command));
      assertDataFolder(path);
      rmSync(path, { recursive: true, force: true });
      print(`${path} is deleted`);
    });
}

/** Deletes nothing that a platform has not made: a mistyped folder must not cost anybody his files. */
function assertDataFolder(path: string): void {
  if (!existsSync(path)) throw new Error(`there is nothing to delete: ${path} does not exist`);
  if (["token", "state.sqlite"].every((file) => existsSync(join(path, file)))) return;
  throw new Error(`${path} is not a data folder of octoplane (it has no token and state.sqlite); nothing is deleted`);
}

async function end({ folder, record }: Running): Promise<void> {
  process.kill(record.pid, "SIGTERM");
  const deadline = Date.now() + patienceMs;
  while (isAlive(record.pid) || (await isRunning(folder))) {
    if (Date.now() > deadline)
      throw new Error(`the platform (process ${record.pid}) does not end; its log is in ${folder.logs}`);
    await delay(50);
  }
  print("the platform has ended; its data stays");
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
