import { Argument, Command } from "commander";
import { candidates, type Position, positionOf } from "../completion/candidates.ts";
import { lookupsOn } from "../completion/lookups.ts";
import { type Shell, shellScripts, shells } from "../completion/shell-script.ts";
import { hint } from "../invocation.ts";
import { print } from "../output.ts";
import type { Wishes } from "../target/choose.ts";
import { wishesOf } from "../target/options.ts";

/** Nobody waits longer for a hint. */
const patienceMs = 3000;

export function completionCommand(): Command {
  return new Command("completion")
    .description(`print a completion script; for bash: source <(${hint("completion bash")})`)
    .addArgument(new Argument("<shell>", "the shell").choices(shells))
    .action((shell: Shell) => print(shellScripts[shell]));
}

/** What the shells ask: one candidate a line. A platform that cannot be asked has none. */
export function completeCommand(program: Command): Command {
  return new Command("complete")
    .argument("<words...>", "the command line; its last word is being typed")
    .action(async (words: string[], _options: object, command: Command) => {
      setTimeout(() => process.exit(), patienceMs).unref();
      const position = positionOf(program, words.slice(0, -1));
      const lookups = lookupsOn(wishesSoFar(position, wishesOf(command)));
      const found = await candidates(position, words.at(-1) ?? "", lookups).catch(() => []);
      for (const candidate of found) print(candidate);
    });
}

function wishesSoFar({ values }: Position, usual: Wishes): Wishes {
  const dataDir = values.get("dataDir");
  const named = dataDir === undefined ? usual : { dataDir, dataDirSource: "cli" as const };
  return { ...named, kubeconfig: values.get("kubeconfig"), context: values.get("context") };
}
