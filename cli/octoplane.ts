#!/usr/bin/env node
/** The octoplane command. */

import { Command } from "commander";
import packageJson from "../package.json" with { type: "json" };
import { accountCommand } from "./commands/account/account.ts";
import { buildbarnCommand } from "./commands/buildbarn/buildbarn.ts";
import { completeCommand, completionCommand } from "./commands/completion.ts";
import { downCommand } from "./commands/down.ts";
import { logsCommand } from "./commands/logs.ts";
import { statusCommand } from "./commands/status.ts";
import { upCommand } from "./commands/up.ts";
import { reportFailure, toleratePipes } from "./failure.ts";
import { hint, invocation } from "./invocation.ts";
import { dataDirOption } from "./target/options.ts";

export function octoplane(): Command {
  const program = new Command(invocation())
    .description(
      "Platforms of your own on Kubernetes resources: Workers that wrangler deploys to, and Buildbarn farms.",
    )
    .version(packageJson.version)
    .addOption(dataDirOption())
    .showHelpAfterError(`(${hint("--help")} shows every command)`)
    .configureHelp({ showGlobalOptions: true });

  for (const command of [upCommand, statusCommand, accountCommand, buildbarnCommand, logsCommand, downCommand])
    program.addCommand(command());
  program.addCommand(completionCommand()).addCommand(completeCommand(program), { hidden: true });
  inherit(program);
  return program;
}

/** Commander gives its settings only to commands that it makes itself. */
function inherit(parent: Command): void {
  for (const child of parent.commands) inherit(child.copyInheritedSettings(parent));
}

if (import.meta.main) {
  await octoplane()
    .hook("preAction", (_program, command) => toleratePipes(command.name() !== "up"))
    .parseAsync()
    .catch((error: unknown) => {
      reportFailure(error);
      process.exitCode = 1;
    });
}
