#!/usr/bin/env node
/** The octoplane command. */

import { Command, InvalidArgumentError, Option } from "commander";
import packageJson from "../package.json" with { type: "json" };
import { accountCommand } from "./commands/account.ts";
import { completionCommand } from "./commands/completion.ts";
import { downCommand } from "./commands/down.ts";
import { logsCommand } from "./commands/logs.ts";
import { statusCommand } from "./commands/status.ts";
import { upCommand } from "./commands/up.ts";
import { reportFailure } from "./output.ts";

/** An empty name, as an unset variable of a shell gives it, would be the folder that one stands in. */
function folderOption(value: string): string {
  if (value === "") throw new InvalidArgumentError("name a folder");
  return value;
}

export function octoplane(): Command {
  const program = new Command("octoplane")
    .description("A Workers platform of your own: wrangler deploys to it, Kubernetes resources run it.")
    .version(packageJson.version)
    .addOption(
      new Option("--data-dir <folder>", "where the platform keeps everything")
        .default(".octoplane")
        .argParser(folderOption)
        .env("OCTOPLANE_DATA_DIR"),
    )
    .showHelpAfterError("(octoplane --help shows every command)")
    .configureHelp({ showGlobalOptions: true });

  for (const command of [upCommand, statusCommand, accountCommand, logsCommand, downCommand])
    program.addCommand(command());
  return program.addCommand(completionCommand(program));
}

if (import.meta.main) {
  await octoplane()
    .parseAsync()
    .catch((error: unknown) => {
      reportFailure(error);
      process.exitCode = 1;
    });
}
