import { existsSync, rmSync } from "node:fs";
import { Command } from "commander";
import { folderPaths, isDataFolder } from "../../local/platform/folder.ts";
import { endPlatform } from "../end-platform.ts";
import { print } from "../output.ts";
import { NotRunning } from "../target/open.ts";
import { dataDirOf } from "../target/options.ts";

export function downCommand(): Command {
  return new Command("down")
    .description("end the embedded platform of the data folder")
    .option("--delete-data", "delete the data folder too: every account, version and secret in it")
    .action(async ({ deleteData = false }: { deleteData?: boolean }, command: Command) => {
      const { path } = folderPaths(dataDirOf(command));
      if (await endPlatform(path)) print(`the platform has ended${deleteData ? "" : "; its data stays"}`);
      else if (!deleteData) throw new NotRunning(path);
      if (deleteData) deleteFolder(path);
    });
}

/** Deletes nothing that a platform has not made: a mistyped folder must not cost anybody his files. */
function deleteFolder(path: string): void {
  if (!existsSync(path)) throw new Error(`there is nothing to delete: ${path} does not exist`);
  if (!isDataFolder(path))
    throw new Error(`${path} is not a data folder of octoplane (it has no token and state.sqlite); nothing is deleted`);
  rmSync(path, { recursive: true, force: true });
  print(`${path} is deleted`);
}
