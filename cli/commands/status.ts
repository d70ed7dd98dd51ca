import { Command } from "commander";
import { printJson } from "../output.ts";
import { type OutputOptions, outputOption } from "../output-option.ts";
import { collectStatus } from "../status/collect.ts";
import { printStatus } from "../status/print.ts";
import { findTarget } from "../target/open.ts";
import { addTargetOptions, namespaceOption } from "../target/options.ts";
import { notePassedOver } from "../target/target.ts";

export function statusCommand(): Command {
  return addTargetOptions(new Command("status"))
    .description("show what runs, what waits and why")
    .addOption(namespaceOption("only what is in one namespace (default: all)"))
    .addOption(outputOption())
    .action(async (options: OutputOptions & { namespace?: string }, command: Command) => {
      const target = await findTarget(command);
      const status = await collectStatus(target, options.namespace);
      if (options.output === "json") return printJson(status);
      printStatus(status);
      notePassedOver(target);
    });
}
