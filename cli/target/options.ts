/** The options by which a user names the platform that a command talks to. */

import { join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Wishes } from "./choose.ts";

/** One for the whole checkout, wherever its user stands. */
export const defaultDataDir = join(import.meta.dirname, "..", "..", ".octoplane");

/** An empty name, as an unset variable of a shell gives it, would be the folder that one stands in. */
function named(what: string) {
  return (value: string): string => {
    if (value === "") throw new InvalidArgumentError(`name a ${what}`);
    return value;
  };
}

export function dataDirOption(): Option {
  return new Option("--data-dir <folder>", "where the embedded platform keeps everything")
    .default(defaultDataDir)
    .argParser(named("folder"))
    .env("OCTOPLANE_DATA_DIR");
}

/** For the commands that talk to the embedded platform and to clusters alike. */
export function addTargetOptions(command: Command): Command {
  return command
    .option(
      "--kubeconfig <file>",
      "talk to a cluster; KUBECONFIG does the same where there is no embedded platform",
      named("file"),
    )
    .option("--context <name>", "context of the kubeconfig (default: its current one)", named("context"));
}

export function namespaceOption(description: string): Option {
  return new Option("-n, --namespace <name>", description).argParser(named("namespace"));
}

export function dataDirOf(command: Command): string {
  return command.optsWithGlobals<{ dataDir: string }>().dataDir;
}

export function wishesOf(command: Command): Wishes {
  const { dataDir, kubeconfig, context } = command.optsWithGlobals<{
    dataDir: string;
    kubeconfig?: string;
    context?: string;
  }>();
  return { dataDir, dataDirSource: dataDirSource(command), kubeconfig, context };
}

function dataDirSource(command: Command): Wishes["dataDirSource"] {
  const source = command.getOptionValueSourceWithGlobals("dataDir");
  if (source === "cli") return "cli";
  return source === "env" ? "env" : "default";
}
