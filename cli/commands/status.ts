import { Command } from "commander";
import { printJson } from "../output.ts";
import { type OutputOptions, outputOption } from "../output-option.ts";
import { findRunning } from "../running.ts";
import { collectStatus } from "../status/collect.ts";
import { printStatus } from "../status/print.ts";

export function statusCommand(): Command {
  return new Command("status")
    .description("show what runs, what waits and why")
    .addOption(outputOption())
    .action(async (options: OutputOptions, command: Command) => {
      const status = await collectStatus(await findRunning(command));
      if (options.output === "json") printJson(status);
      else printStatus(status);
    });
}
